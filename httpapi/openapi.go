package httpapi

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/registry"
)

// This file describes the routes (OpenAPI 3.1), from the table that serves them and the types that are sent, so that there is nothing to keep in step.

type object = map[string]any

// describe is the description of these operations below a prefix.
func describe(prefix string, list []operation) (json.RawMessage, error) {
	d := describer{schemas: object{}, responses: object{}}
	paths := object{}
	for _, o := range list {
		path, ok := paths["/"+o.path].(object)
		if !ok {
			path = object{}
			paths["/"+o.path] = path
		}
		path[strings.ToLower(o.method)] = d.operation(o)
	}
	return json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{
			"title": "cofactor", "version": "1",
			"description": "Multi-factor authentication for the session of an application. The session is the application's, and its cookie says whose it is: who somebody is and what they have " +
				"proved is in no body. A ceremony is begun by POST to login, passkey, setup or step-up, and its challenge is answered by POST to the ceremony's answer.",
			"license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers":  []object{{"url": prefix}},
		"security": []object{{"session": []string{}}},
		"paths":    paths,
		"components": object{
			"schemas":   d.schemas,
			"responses": d.responses,
			"securitySchemes": object{"session": object{
				"type": "apiKey", "in": "cookie", "name": "session", "description": "The application's session, by whatever name its cookie has.",
			}},
		},
	})
}

type describer struct{ schemas, responses object }

func (d describer) operation(o operation) object {
	responses := object{strconv.Itoa(o.status): object{
		"description": http.StatusText(o.status), "content": object{"application/json": object{"schema": d.schema(o.gives)}},
	}}
	out := object{"operationId": o.name, "summary": o.summary + ".", "responses": responses}
	if o.takes != nil {
		out["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": d.members(o.takes, closed)}}}
	}
	var parameters []object
	if _, parameter, ok := strings.Cut(o.path, "{"); ok {
		parameters = append(parameters, object{"name": strings.TrimSuffix(parameter, "}"), "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	if o.name == "listActivity" {
		parameters = append(parameters, object{"name": "n", "in": "query", "schema": object{"type": "integer", "minimum": 1, "maximum": mostEvents, "default": someEvents}})
	}
	if len(parameters) > 0 {
		out["parameters"] = parameters
	}
	for status, codes := range o.failures() {
		responses[strconv.Itoa(status)] = d.failure(status, codes)
	}
	return out
}

// failures are the codes that an operation may fail with, by status. An empty code is a problem that no registry was asked about.
func (o operation) failures() map[int][]registry.Code {
	codes := append([]registry.Code{registry.ErrUnavailable, registry.ErrInternal}, o.codes...)
	if o.takes != nil {
		codes = append(codes, registry.ErrInvalid)
	}
	by := map[int][]registry.Code{}
	for _, c := range codes {
		by[c.Meaning().Status] = append(by[c.Meaning().Status], c)
	}
	if !safe(o.method) {
		by[http.StatusForbidden] = append(by[http.StatusForbidden], "")
	}
	if o.takes != nil {
		by[http.StatusRequestEntityTooLarge], by[http.StatusUnsupportedMediaType] = []registry.Code{""}, []registry.Code{""}
	}
	return by
}

// failure is described once for all operations that fail with the same status and codes.
func (d describer) failure(status int, codes []registry.Code) object {
	slices.Sort(codes)
	name := strconv.Itoa(status)
	for _, c := range codes {
		if c != "" {
			name += "-" + string(c)
		}
	}
	if d.responses[name] == nil {
		d.responses[name] = d.problem(status, codes)
	}
	return object{"$ref": "#/components/responses/" + name}
}

func (d describer) problem(status int, codes []registry.Code) object {
	plain := slices.Contains(codes, "")
	var titles []string
	var names []registry.Code
	for _, c := range codes {
		if c != "" {
			titles, names = append(titles, string(c)+": "+c.Meaning().Client), append(names, c)
		}
	}
	if plain {
		titles = append(titles, http.StatusText(status)+".")
	}
	schema := object{"allOf": []object{d.schema(reflect.TypeFor[Problem]()), {"properties": object{"status": object{"const": status}}}}}
	narrow := object{"properties": object{"code": object{"enum": names}}}
	switch {
	case len(names) == 0:
		narrow = object{"not": object{"required": []string{"code"}}}
	case !plain:
		narrow["required"] = []string{"code"}
	}
	schema["allOf"] = append(schema["allOf"].([]object), narrow) //nolint:errcheck // it is one, three lines above
	out := object{"description": strings.Join(titles, " "), "content": object{"application/problem+json": object{"schema": schema}}}
	switch status {
	case http.StatusUnauthorized:
		out["headers"] = object{"WWW-Authenticate": object{"required": true, "schema": object{"type": "string"}, "description": "RFC 9470, with step_up_required"}}
	case http.StatusTooManyRequests:
		out["headers"] = object{"Retry-After": object{"required": true, "schema": object{"type": "integer"}, "description": "seconds"}}
	}
	return out
}

// openness says whether an object may have members that are not described: what is sent must not, what is received may come to have more.
type openness int

const (
	open openness = iota
	closed
)

// schema is a type's. Structs are described once, by name.
func (d describer) schema(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[json.RawMessage](), reflect.TypeFor[any]():
		return object{}
	case reflect.TypeFor[State]():
		return object{"type": "string", "enum": []State{Anonymous, Pending, SignedIn}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.schema(t.Elem())
	case reflect.Slice:
		return object{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Struct:
		name := strings.TrimSuffix(t.Name(), "Doc")
		name = strings.ToUpper(name[:1]) + name[1:]
		if d.schemas[name] == nil {
			d.schemas[name] = object{} // while its members are looked at
			d.schemas[name] = d.members(t, open)
		}
		return object{"$ref": "#/components/schemas/" + name}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int:
		return object{"type": "integer"}
	}
	return object{"type": "string"}
}

// members is the schema of a struct, from its tags: "json" names a member and says whether it may be left out, "doc" what it means.
func (d describer) members(t reflect.Type, o openness) object {
	properties, required := object{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
		schema := d.schema(f.Type)
		if doc := f.Tag.Get("doc"); doc != "" {
			schema["description"] = doc
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			schema["enum"] = strings.Split(enum, ",")
		}
		properties[name] = schema
	}
	slices.Sort(required)
	out := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	if o == closed {
		out["additionalProperties"] = false
	}
	return out
}
