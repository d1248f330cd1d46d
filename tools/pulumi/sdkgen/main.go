// Command sdkgen writes the SDK of one language from a provider's schema, with Pulumi's own code generators.
//
// It gives the same files as "pulumi package gen-sdk" except for the tool's name in the header line, needs no language
// host, no plugin and no network, and two runs give the same bytes.
//
//	sdkgen LANGUAGE SCHEMA.json FOLDER
//
// FOLDER is replaced as a whole: nothing in it is written by hand.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "pulumi"

type generator func(*schema.Package, schema.ReferenceLoader) (map[string][]byte, error)

var generators = map[string]generator{
	"python": func(pkg *schema.Package, loader schema.ReferenceLoader) (map[string][]byte, error) {
		return python.GeneratePackage(tool, pkg, nil, loader)
	},
	"nodejs": func(pkg *schema.Package, loader schema.ReferenceLoader) (map[string][]byte, error) {
		return nodejs.GeneratePackage(tool, pkg, nil, nil, false, loader)
	},
	"go": func(pkg *schema.Package, _ schema.ReferenceLoader) (map[string][]byte, error) {
		return gogen.GeneratePackage(tool, pkg, nil)
	},
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: sdkgen python|nodejs|go SCHEMA.json FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "sdkgen:", err)
		os.Exit(1)
	}
}

func run(language, schemaPath, folder string) error {
	generate, known := generators[language]
	if !known {
		return fmt.Errorf("no generator for %q: python, nodejs and go have one", language)
	}
	pkg, loader, err := load(schemaPath)
	if err != nil {
		return err
	}
	files, err := generate(pkg, loader)
	if err != nil {
		return fmt.Errorf("generate the %s SDK: %w", language, err)
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	fmt.Printf("%s: %d files\n", folder, len(files))
	return nil
}

// load reads and binds the schema. The loader would fetch the schemas of foreign packages; ours names none.
func load(path string) (*schema.Package, schema.ReferenceLoader, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(raw, &spec); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	loader := schema.NewPluginLoader(nil)
	pkg, diagnostics, err := schema.BindSpec(spec, loader, schema.ValidationOptions{})
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if diagnostics.HasErrors() {
		return nil, nil, fmt.Errorf("%s: %w", path, diagnostics)
	}
	return pkg, loader, nil
}
