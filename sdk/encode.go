package sdk

// EncodeResponse writes a response document, byte for byte as encoding/json would, but fast enough for an interpreter. A
// missing list of findings is written as an empty one. The error says which value is not JSON.
func EncodeResponse(resp *Response) ([]byte, error) {
	w := &writer{}
	w.object(func() {
		w.key("findings")
		writeList(w, resp.Findings, w.finding)
		if len(resp.Outputs) > 0 {
			w.key("outputs")
			w.values(resp.Outputs)
		}
	})
	return w.doc, w.err
}

func (w *writer) finding(f Finding) {
	w.object(func() {
		w.text("code", f.Code)
		w.text("severity", string(f.Severity))
		w.text("message", f.Message)
		w.textIfAny("remediation", f.Remediation)
		if f.Resource != (Resource{}) {
			w.key("resource")
			w.resource(f.Resource)
		}
		if len(f.Evidence) > 0 {
			w.key("evidence")
			w.values(f.Evidence)
		}
		w.textIfAny("docs", f.Docs)
	})
}

func (w *writer) resource(r Resource) {
	w.object(func() {
		w.textIfAny("cluster", r.Cluster)
		w.textIfAny("namespace", r.Namespace)
		w.textIfAny("index", r.Index)
	})
}

// EncodeDescriptor writes a description document, as EncodeResponse does a response.
func EncodeDescriptor(d Descriptor) ([]byte, error) {
	w := &writer{}
	w.object(func() {
		w.text("apiVersion", d.APIVersion)
		w.text("name", d.Name)
		w.text("version", d.Version)
		w.key("components")
		writeList(w, d.Components, w.component)
	})
	return w.doc, w.err
}

func (w *writer) component(c Component) {
	w.object(func() {
		w.text("name", c.Name)
		w.text("kind", string(c.Kind))
		w.key("phases")
		writeList(w, c.Phases, func(p Phase) { w.str(string(p)) })
		if len(c.Capabilities) > 0 {
			w.key("capabilities")
			writeList(w, c.Capabilities, w.capability)
		}
		if len(c.Facts) > 0 {
			w.key("facts")
			writeList(w, c.Facts, w.str)
		}
		if len(c.ConfigSchema) > 0 {
			w.key("configSchema")
			w.raw(c.ConfigSchema)
		}
		if c.Timeout != 0 {
			w.text("timeout", c.Timeout.String())
		}
	})
}

func (w *writer) capability(c Capability) {
	w.object(func() {
		w.text("cluster", string(c.Cluster))
		w.text("op", c.Op)
		if len(c.Commands) > 0 {
			w.key("commands")
			writeList(w, c.Commands, w.str)
		}
		if len(c.Namespaces) > 0 {
			w.key("namespaces")
			writeList(w, c.Namespaces, w.str)
		}
	})
}

// EncodeStatus writes the document of a failure.
func EncodeStatus(e *StatusError) []byte {
	w := &writer{}
	w.object(func() {
		w.key("code")
		w.integer(int64(e.Code))
		w.text("message", e.Message)
	})
	return w.doc
}
