package config

import (
	"github.com/customer360/pipeline/configs"
	"github.com/customer360/pipeline/schemas"
)

// Load reads the configuration at path with the mappings, metrics, contracts and
// schemas that the binary carries. env looks up environment variables.
func Load(path string, env func(string) (string, bool)) (*Loaded, error) {
	return builtin(env).Load(path)
}

// LoadPipeline reads pipeline.json at path alone; see Loader.LoadPipeline.
func LoadPipeline(path string, env func(string) (string, bool)) (*Loaded, error) {
	return builtin(env).LoadPipeline(path)
}

// LoadBuiltin reads what the binary carries; see Loader.LoadBuiltin.
func LoadBuiltin() (*Loaded, error) { return builtin(nil).LoadBuiltin() }

func builtin(env func(string) (string, bool)) Loader {
	return Loader{Env: env, Configs: configs.FS, Schemas: schemas.FS}
}
