//go:build linux

package decode

// absolute appends name to dst, made absolute by base (a directory, with or
// without a slash at its end), without "." and "..", doubled slashes and a
// slash at the end. Links are not followed: the path is the one that was meant,
// as far as names tell. Nothing is appended when name is relative and base is
// not known.
func absolute(dst, base, name []byte) []byte {
	start := len(dst)
	if len(name) == 0 || name[0] != '/' {
		if len(base) == 0 {
			return dst
		}
		dst = appendClean(dst, start, base)
	}
	dst = appendClean(dst, start, name)
	if len(dst) == start {
		dst = append(dst, '/')
	}
	return dst
}

// appendClean appends the elements of path to the path that begins at start.
func appendClean(dst []byte, start int, path []byte) []byte {
	for i := 0; i < len(path); {
		if path[i] == '/' {
			i++
			continue
		}
		end := i
		for end < len(path) && path[end] != '/' {
			end++
		}
		switch elem := path[i:end]; {
		case len(elem) == 1 && elem[0] == '.':
		case len(elem) == 2 && elem[0] == '.' && elem[1] == '.':
			for len(dst) > start && dst[len(dst)-1] != '/' {
				dst = dst[:len(dst)-1]
			}
			if len(dst) > start {
				dst = dst[:len(dst)-1]
			}
		default:
			if len(dst) > start || string(elem) != "…" { // "…/" stands for what was cut off
				dst = append(dst, '/')
			}
			dst = append(dst, elem...)
		}
		i = end
	}
	return dst
}
