// Command echo asks for a second step in a program on labstack/echo:
//
//	go run .
package main

import (
	"log"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"github.com/cofactor-mfa/cofactor/httpapi"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/web"
)

func main() {
	app, err := newApp()
	if err != nil {
		log.Fatal(err)
	}
	log.Print("http://localhost:8080 (alice, password demo)")
	server := http.Server{Addr: "localhost:8080", Handler: app, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func newApp() (http.Handler, error) {
	reg, err := newRegistry()
	if err != nil {
		return nil, err
	}
	sessions := scs.New()
	mfa, err := httpapi.New(httpapi.Config{Tenants: httpapi.One(reg), Host: httpapi.Sessions{Store: sessions}.Host()})
	if err != nil {
		return nil, err
	}
	pages, err := web.New(web.Config{API: mfa, Product: "Acme"})
	if err != nil {
		return nil, err
	}

	e := echo.New()
	e.Use(echo.WrapMiddleware(sessions.LoadAndSave))
	e.Any("/mfa/*", echo.WrapHandler(pages))
	e.Any("/mfa/api/*", echo.WrapHandler(mfa))
	e.GET("/sign-in", html(signInPage))
	e.POST("/sign-in", func(c echo.Context) error {
		if c.FormValue("user") != "alice" || c.FormValue("password") != "demo" { // your own check
			return c.String(http.StatusUnauthorized, "There is no such user, or the password is another.")
		}
		alice := provider.User{ID: "u-4711", Name: "alice@example.com", DisplayName: "Alice"}
		mfa.SignIn(c.Response(), c.Request(), httpapi.First{User: alice, Primary: []string{"pwd"}})
		return nil
	})
	e.POST("/sign-out", func(c echo.Context) error {
		if err := mfa.SignOut(c.Response(), c.Request()); err != nil {
			mfa.Problem(c.Response(), c.Request(), err)
			return nil
		}
		return c.Redirect(http.StatusSeeOther, "/sign-in")
	})
	in := e.Group("", echo.WrapMiddleware(mfa.RequireMFA)) // everything in it takes both steps
	in.GET("/", html(homePage))
	in.GET("/payroll", html(payroll), fresh(mfa)) // and this the second one lately
	return e, nil
}

// fresh is RequireFresh in the shape of a middleware.
func fresh(mfa *httpapi.Handler) echo.MiddlewareFunc {
	return echo.WrapMiddleware(func(next http.Handler) http.Handler { return mfa.RequireFresh(5*time.Minute, next) })
}

func html(page string) echo.HandlerFunc {
	return func(c echo.Context) error { return c.HTML(http.StatusOK, page) }
}
