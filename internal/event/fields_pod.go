package event

// The pod that the container belongs to (Falco's container plugin), as the
// container runtime knows it. Nothing here asks the Kubernetes API.
var podFields = append(group("k8s", HomeCont, FromLive|FromFalco, []Field{
	{Name: "k8s.ns.name", Kind: String, Doc: "Kubernetes namespace of the pod.", Read: contStr(func(c *Container) Str { return c.Namespace })},
	{Name: "k8s.pod.name", Kind: String, Doc: "Name of the pod.", Read: contStr(func(c *Container) Str { return c.Pod })},
	{Name: "k8s.pod.uid", Kind: String, Doc: "Kubernetes uid of the pod.", Read: contStr(podUID)},
	{Name: "k8s.pod.id", Kind: String, Doc: "The same as k8s.pod.uid, under its old name.", Read: contStr(podUID)},
	{
		Name: "k8s.pod.sandbox_id", Kind: String, Doc: "First 12 hex digits of the id of the pod's sandbox, its pause container.",
		Read: func(r Row, _ Arg) (Value, bool) {
			id := r.T.Text(r.C().PodSandbox)
			return StringValue(id[:min(12, len(id))]), id != ""
		},
	},
	{Name: "k8s.pod.full_sandbox_id", Kind: String, Doc: "Id of the pod's sandbox in full.", Read: contStr(func(c *Container) Str { return c.PodSandbox })},
	{Name: "k8s.pod.label", Kind: String, Arg: ArgKey | ArgRequired, Doc: "Value of the pod's label in brackets: k8s.pod.label[app].", Read: oneLabel(podLabels)},
	{Name: "k8s.pod.labels", Kind: String, Doc: "All labels of the pod: name:value, name:value.", Read: allLabels(podLabels)},
	{Name: "k8s.pod.ip", Kind: String, Doc: "The pod's first address.", Read: contStr(podIP)},
	{Name: "k8s.pod.cni.json", Kind: String, Doc: "What the network plugin said of the pod's interfaces, JSON.", Read: contStr(podCNI)},
}), group("k8s", HomeCont, FromFalco, deprecatedPodFields())...)

func podUID(c *Container) Str    { return c.PodUID }
func podLabels(c *Container) Str { return c.PodLabels }

const whyKubeAPI = "deprecated in Falco, which leaves it empty too; it would have to be asked of the Kubernetes API"

// deprecatedPodFields are what Falco once asked the Kubernetes API for.
func deprecatedPodFields() []Field {
	var all []Field
	for _, of := range [...]struct{ prefix, what string }{
		{"k8s.rc.", "replication controller"},
		{"k8s.svc.", "services"},
		{"k8s.rs.", "replica set"},
		{"k8s.deployment.", "deployment"},
		{"k8s.ns.", "namespace"},
	} {
		for _, f := range [...]struct {
			name, doc string
			arg       ArgMode
		}{
			{"name", "Name of the pod's ", NoArg},
			{"id", "Kubernetes uid of the pod's ", NoArg},
			{"label", "Value of the label in brackets, of the pod's ", ArgKey | ArgRequired},
			{"labels", "All labels of the pod's ", NoArg},
		} {
			if of.prefix+f.name == "k8s.ns.name" {
				continue // the runtime knows it
			}
			all = append(all, Field{
				Name: of.prefix + f.name, Kind: String, Arg: f.arg, Flags: Deprecated, Why: whyKubeAPI, Doc: f.doc + of.what + ".",
			})
		}
	}
	return all
}
