// Command incident plays the demo's incident for real, and prints its
// timeline, which is the oracle of the story:
//
//	sudo go run ./test/incident --stoop ./stoop --out incident.rec --timeline incident.json
//
// In a containerd pod (namespace shop, pod web-0, container web, image
// docker.io/shop/web:2.4.1) runs a small Python service that passes a query
// parameter to `sh -c`. A request makes it run nc.traditional, which gives
// /bin/bash to a listener. Through it come, with a person's pauses: a look
// around, the password files, a terminal, a scan of loopback's ports, a changed
// sshd_config, an ssh key, a package repository, a fetched and started program,
// deleted logs. Meanwhile customers order, health checks and kubelet's probes
// ask, the service's job runs, and the pod worker-0 does its work: the trail is
// to be found in that.
//
// All addresses are loopback; the intruder's is 127.0.0.66. /usr is the host's,
// read-only; /etc and /var are the image's own. Everything that is started is
// ended, and only that. It takes about 70 seconds.
//
// The demo that is built into stoop is such a recording, without what it says
// of the machine (publish.go):
//
//	sudo go run ./test/incident --publish incident.rec --out internal/demo/incident.stoop.zst
package main
