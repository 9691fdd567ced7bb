// Package unknown makes the findings for facts that a check needs and does not have.
package unknown

import "github.com/revsync/revsync/sdk"

// Fact says that a fact about a cluster is not known. why is the engine's reason, "" when it gave none.
func Fact(code, what, cluster, why string) sdk.Finding {
	if why == "" {
		why = "the engine did not say why"
	}
	f := sdk.Errorf(code, "%s of %s could not be found out: %s", what, cluster, why).On(cluster)
	return f.Cure("make the fact readable (reachable members, a user with the documented roles) and try again; what is not known counts as not fit")
}

// Options says that the options of the sync are not known, without which most checks cannot tell what is needed.
func Options() sdk.Finding {
	return sdk.Errorf("OPTIONS_UNKNOWN", "the options of this sync are not known, so what it needs cannot be judged").
		Cure("this is a fault of the engine: its facts are incomplete; report it with the evaluation's record")
}
