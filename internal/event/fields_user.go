package event

// User and group of the process (Falco's classes user and group, libs
// sinsp_filtercheck_user.cpp and sinsp_filtercheck_group.cpp).
var userFields = append(group("user", HomeProc, FromLive|FromFalco, []Field{
	{
		Name: "user.uid", Kind: Uint, Flags: KernelTest, Doc: "User id of the process, its effective one.",
		Read: procUint(KnowUID, func(p *Proc) uint64 { return uint64(p.UID) }),
	},
	{Name: "user.name", Kind: String, Doc: "Name of the user, from the container's or the node's passwd file.", Read: procStr(func(p *Proc) Str { return p.User })},
	{Name: "user.homedir", Kind: String, Doc: "Where the user's files lie, as the passwd file says.", Read: procStr(func(p *Proc) Str { return p.Home })},
	{Name: "user.shell", Kind: String, Doc: "Login shell of the user.", Read: procStr(func(p *Proc) Str { return p.Shell })},
	{
		Name: "user.loginuid", Kind: Int, Doc: "Id of the user who logged in (the audit uid), which su and sudo do not change; -1 for what nobody logged in to start.",
		Read: procInt(KnowLoginUID, func(p *Proc) int64 { return int64(int32(p.LoginUID)) }),
	},
	{Name: "user.loginname", Kind: String, Doc: "Name of the user who logged in.", Read: procStr(func(p *Proc) Str { return p.LoginUser })},
}), group("group", HomeProc, FromLive|FromFalco, []Field{
	{Name: "group.gid", Kind: Uint, Doc: "Group id of the process, its effective one.", Read: procUint(KnowGID, func(p *Proc) uint64 { return uint64(p.GID) })},
	{Name: "group.name", Kind: String, Doc: "Name of the group, from the container's or the node's group file.", Read: procStr(func(p *Proc) Str { return p.Group })},
})...)
