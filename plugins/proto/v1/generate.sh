#!/bin/sh
# Makes the Go code of the protocol from the .proto files in this folder. It needs, in PATH:
#
#   protoc, or Python's grpcio-tools as: PROTOC="python3 -m grpc_tools.protoc"
#   go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
#   go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
set -eu
cd "$(dirname "$0")"
# The files are known by the path of their package, which nobody else uses.
in=revsync/plugin/v1
out=module=github.com/revsync/revsync/plugins/proto/v1
${PROTOC:-protoc} -I "$in=." --go_out=. --go_opt="$out" --go-grpc_out=. --go-grpc_opt="$out" \
  "$in/status.proto" "$in/host.proto" "$in/evaluation.proto" "$in/module.proto"
# Every exported name of this repository has a comment; the generators leave many without.
for f in *.pb.go; do
  awk '/^(func|var|const|type) / && previous !~ /^\/\// {
         name = $0; sub(/^func \([^)]*\) /, "", name); sub(/^(func|var|const|type) /, "", name); sub(/[^A-Za-z0-9_].*/, "", name)
         print "// " (name == "" ? "Generated names." : name " is generated.") }
       { print; previous = $0 }' "$f" > "$f.new"
  mv "$f.new" "$f"
done
gofmt -w .
