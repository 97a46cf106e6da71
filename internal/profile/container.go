package profile

import "github.com/stoop-project/stoop/internal/event"

// maxSameID bounds how many rows of one id are tried: a stream that keeps
// contradicting itself must not become slow.
const maxSameID = 8

// container returns the row of the alert's container. Alerts carry more or
// less of what is known of a container: what a later one adds is filled into
// the row that earlier events refer to. One that contradicts the row (a name
// that was used again, the host of another node) gets a row of its own.
func (m *Mapper) container() event.ContID {
	id := m.str(slotContID)
	if id == event.EmptyStr {
		id = event.NoStr
	}
	row := event.Container{
		ID: id, FullID: m.str(slotContFullID), Name: m.str(slotContName), Runtime: m.str(slotContRuntime),
		Image: m.str(slotImage), Repo: m.str(slotImageRepo), Tag: m.str(slotImageTag), Digest: m.str(slotImageDigest),
		ImageID: m.str(slotImageID),
		Pod:     m.str(slotPod), PodUID: m.str(slotPodUID), PodIP: m.str(slotPodIP), Namespace: m.str(slotNamespace),
		PodSandbox: m.str(slotSandbox),
	}
	if m.onHost {
		row.Flags |= event.ContHost
	}
	if row == (event.Container{}) {
		return 0
	}
	if m.Alone {
		return event.ContID(m.t.Conts.Intern(row))
	}
	known := m.conts[id]
	for _, id := range known[max(0, len(known)-maxSameID):] {
		merged, ok := mergeContainer(*m.t.Cont(id), &row)
		if !ok {
			continue
		}
		if merged != *m.t.Cont(id) {
			m.t.Conts.Set(uint32(id), merged)
		}
		return id
	}
	added := event.ContID(m.t.Conts.Add(row))
	m.conts[id] = append(m.conts[id], added)
	return added
}

// mergeContainer fills what is missing in old from add; ok is false when they
// contradict each other.
func mergeContainer(old event.Container, add *event.Container) (merged event.Container, ok bool) {
	type pair struct {
		to   *event.Str
		from event.Str
	}
	for _, p := range [...]pair{
		{&old.FullID, add.FullID},
		{&old.Name, add.Name},
		{&old.Runtime, add.Runtime},
		{&old.Image, add.Image},
		{&old.Repo, add.Repo},
		{&old.Tag, add.Tag},
		{&old.Digest, add.Digest},
		{&old.ImageID, add.ImageID},
		{&old.Pod, add.Pod},
		{&old.PodUID, add.PodUID},
		{&old.PodIP, add.PodIP},
		{&old.Namespace, add.Namespace},
		{&old.PodSandbox, add.PodSandbox},
	} {
		if p.from == event.NoStr {
			continue
		}
		if *p.to != event.NoStr && *p.to != p.from {
			return old, false
		}
		*p.to = p.from
	}
	old.Flags |= add.Flags
	return old, true
}
