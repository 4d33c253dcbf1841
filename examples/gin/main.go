// Command gin asks for a second step in a program on gin-gonic/gin:
//
//	go run .
package main

import (
	"log"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

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

	r := gin.Default()
	r.Any("/mfa/*path", gin.WrapH(pagesAndAPI(pages, mfa))) // gin has one catch-all to a path
	r.GET("/sign-in", html(signInPage))
	r.POST("/sign-in", func(c *gin.Context) {
		if c.PostForm("user") != "alice" || c.PostForm("password") != "demo" { // your own check
			c.String(http.StatusUnauthorized, "There is no such user, or the password is another.")
			return
		}
		alice := provider.User{ID: "u-4711", Name: "alice@example.com", DisplayName: "Alice"}
		mfa.SignIn(c.Writer, c.Request, httpapi.First{User: alice, Primary: []string{"pwd"}})
	})
	r.POST("/sign-out", func(c *gin.Context) {
		if err := mfa.SignOut(c.Writer, c.Request); err != nil {
			mfa.Problem(c.Writer, c.Request, err)
			return
		}
		c.Redirect(http.StatusSeeOther, "/sign-in")
	})
	in := r.Group("/", wrap(mfa.RequireMFA)) // everything in it takes both steps
	in.GET("/", html(homePage))
	in.GET("/payroll", wrap(fresh(mfa)), html(payroll)) // and this the second one lately
	return sessions.LoadAndSave(r), nil                 // around gin: it has no way to replace a response's writer
}

func pagesAndAPI(pages, api http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/mfa/", pages)
	mux.Handle("/mfa/api/", api)
	return mux
}

// wrap makes a middleware of net/http one of gin. What it does not let pass goes no further.
func wrap(middleware func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		passed := false
		middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed, c.Request = true, r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}

// fresh is RequireFresh in the shape of a middleware.
func fresh(mfa *httpapi.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler { return mfa.RequireFresh(5*time.Minute, next) }
}

func html(page string) gin.HandlerFunc {
	return func(c *gin.Context) { c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(page)) }
}
