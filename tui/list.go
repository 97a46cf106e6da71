package tui

// listKey moves a cursor over n lines, h of which are on the screen; ok is false
// for keys that do something else.
func listKey(name string, at, h, n int) (to int, ok bool) {
	switch name {
	case "down", "j":
		at++
	case "up", "k":
		at--
	case "pgdown":
		at += max(h, 1)
	case "pgup":
		at -= max(h, 1)
	case "home", "g":
		at = 0
	case "end", "G":
		at = n - 1
	default:
		return at, false
	}
	return max(min(at, n-1), 0), true
}

// scrollKey moves the first line on the screen, h lines high, over n lines; ok is
// false for keys that do something else.
func scrollKey(name string, top, h, n int) (to int, ok bool) {
	if name == "space" {
		name = "pgdown"
	}
	return listKey(name, top, h, max(n-h, 0)+1)
}
