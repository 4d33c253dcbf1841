// Package httpapi serves a registry over HTTP: JSON for programs and single-page applications, middleware that asks for what a route needs, and the
// three functions by which an application with sessions of its own takes part.
package httpapi
