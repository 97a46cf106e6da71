package reread

import (
	"errors"
	"path/filepath"
	"slices"
)

// Over returns what is built in and what the files of a folder hold; one of the
// name of a built-in one takes its place. What is wrong with a file is in the
// error, and the other files are read. "" is a folder without files.
func Over[T any](builtIn []T, dir string, load func(path string) ([]T, error), name func(T) string) ([]T, error) {
	all := slices.Clone(builtIn)
	if dir == "" {
		return all, nil
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml")) // in order
	if err != nil {
		return all, err
	}
	var errs []error
	for _, path := range paths {
		own, err := load(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, x := range own {
			if i := slices.IndexFunc(all, func(have T) bool { return name(have) == name(x) }); i >= 0 {
				all[i] = x
			} else {
				all = append(all, x)
			}
		}
	}
	return all, errors.Join(errs...)
}
