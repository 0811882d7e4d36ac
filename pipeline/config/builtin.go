package config

import (
	"github.com/customer360/pipeline/configs"
	"github.com/customer360/pipeline/schemas"
)

// Load reads the configuration at path with the mappings, metrics, contracts and
// schemas that the binary carries. env looks up environment variables.
func Load(path string, env func(string) (string, bool)) (*Loaded, error) {
	return Loader{Env: env, Configs: configs.FS, Schemas: schemas.FS}.Load(path)
}
