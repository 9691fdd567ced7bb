package plugins

import (
	"encoding/json"
	"fmt"

	"github.com/revsync/revsync/sdk"
)

// EncodeRequest writes a request document and refuses one over the limit.
func EncodeRequest(req *sdk.Request) ([]byte, error) {
	doc, err := json.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	if len(doc) > sdk.MaxRequestBytes {
		return nil, fmt.Errorf("request of %d bytes, more than %d", len(doc), sdk.MaxRequestBytes)
	}
	return doc, nil
}

// DecodeResponse reads a response document, whatever way it came. Fields it does not know are passed over, a missing
// list of findings is not: a component that found nothing says so. What the findings hold is for Response.Validate.
func DecodeResponse(doc []byte) (*sdk.Response, error) {
	if len(doc) > sdk.MaxResponseBytes {
		return nil, fmt.Errorf("response of %d bytes, more than %d", len(doc), sdk.MaxResponseBytes)
	}
	var resp sdk.Response
	if err := json.Unmarshal(doc, &resp); err != nil {
		return nil, fmt.Errorf("the response is not valid JSON: %w", err)
	}
	if resp.Findings == nil {
		return nil, fmt.Errorf("the response has no list of findings")
	}
	return &resp, nil
}

// DecodeDescriptor reads and validates a description document.
func DecodeDescriptor(doc []byte) (sdk.Descriptor, error) {
	if len(doc) > sdk.MaxResponseBytes {
		return sdk.Descriptor{}, fmt.Errorf("descriptor of %d bytes, more than %d", len(doc), sdk.MaxResponseBytes)
	}
	var d sdk.Descriptor
	if err := json.Unmarshal(doc, &d); err != nil {
		return sdk.Descriptor{}, fmt.Errorf("the descriptor is not valid JSON: %w", err)
	}
	return d, d.Validate()
}
