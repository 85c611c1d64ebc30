// vault-peer serves a real Vault core on loopback, in memory: the server that
// the vault provider is tested against. It starts empty, as a production server
// does: whoever starts it initialises and unseals it through the API.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault-plugin-auth-jwt"
	authkube "github.com/hashicorp/vault-plugin-auth-kubernetes"
	"github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/audit"
	auditfile "github.com/hashicorp/vault/builtin/audit/file"
	"github.com/hashicorp/vault/builtin/credential/approle"
	"github.com/hashicorp/vault/builtin/credential/cert"
	"github.com/hashicorp/vault/builtin/credential/userpass"
	"github.com/hashicorp/vault/builtin/logical/database"
	"github.com/hashicorp/vault/builtin/logical/pki"
	"github.com/hashicorp/vault/builtin/logical/ssh"
	"github.com/hashicorp/vault/builtin/logical/transit"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/plugins/database/postgresql"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

var secretBackends = map[string]logical.Factory{
	"kv": kv.Factory, "transit": transit.Factory, "pki": pki.Factory,
	"database": database.Factory, "ssh": ssh.Factory,
}

var authBackends = map[string]logical.Factory{
	"approle": approle.Factory, "userpass": userpass.Factory, "cert": cert.Factory,
	"jwt": jwtauth.Factory, "oidc": jwtauth.Factory, "kubernetes": authkube.Factory,
}

// registry is the catalogue of built-in plugins that the core looks names up in.
type registry struct{}

func factory(f logical.Factory) func() (interface{}, error) {
	return func() (interface{}, error) { return f, nil }
}

func (registry) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	switch kind {
	case consts.PluginTypeSecrets:
		f, ok := secretBackends[name]
		return factory(f), ok
	case consts.PluginTypeCredential:
		f, ok := authBackends[name]
		return factory(f), ok
	case consts.PluginTypeDatabase:
		return postgresql.New, name == "postgresql-database-plugin"
	}
	return nil, false
}

func (r registry) Contains(name string, kind consts.PluginType) bool {
	_, ok := r.Get(name, kind)
	return ok
}

func (registry) Keys(kind consts.PluginType) []string {
	var names []string
	switch kind {
	case consts.PluginTypeSecrets:
		for name := range secretBackends {
			names = append(names, name)
		}
	case consts.PluginTypeCredential:
		for name := range authBackends {
			names = append(names, name)
		}
	case consts.PluginTypeDatabase:
		names = append(names, "postgresql-database-plugin")
	}
	return names
}

func (registry) DeprecationStatus(string, consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, true
}

func (registry) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// tlsConfig asks every client for a certificate of clientCA; only with require
// must it have one.
func tlsConfig(certificate, key, clientCA string, require bool) *tls.Config {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	must(err)
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if clientCA == "" {
		return config
	}
	text, err := os.ReadFile(clientCA)
	must(err)
	config.ClientCAs = x509.NewCertPool()
	if !config.ClientCAs.AppendCertsFromPEM(text) {
		must(errors.New(clientCA + " holds no certificate"))
	}
	config.ClientAuth = tls.VerifyClientCertIfGiven
	if require {
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config
}

func main() {
	address := flag.String("listen", "127.0.0.1:8200", "loopback address and port")
	certificate := flag.String("tls-cert", "", "serve TLS with this certificate (PEM)")
	key := flag.String("tls-key", "", "its key (PEM)")
	clientCA := flag.String("client-ca", "", "authority that client certificates are checked against (PEM)")
	require := flag.Bool("require-client-cert", false, "refuse clients without a certificate")
	flag.Parse()

	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Warn})
	storage, err := inmem.NewInmem(nil, logger)
	must(err)
	scheme := "http"
	if *certificate != "" {
		scheme = "https"
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical: storage, StorageType: "inmem", Logger: logger, DisableMlock: true,
		BuiltinRegistry: registry{}, LogicalBackends: secretBackends, CredentialBackends: authBackends,
		AuditBackends: map[string]audit.Factory{"file": auditfile.Factory},
		RedirectAddr:  scheme + "://" + *address, EnableRaw: false,
	})
	must(err)
	server := http.Server{Handler: vaulthttp.Handler.Handler(&vault.HandlerProperties{
		Core: core, ListenerConfig: &configutil.Listener{},
	})}

	listener, err := net.Listen("tcp", *address)
	must(err)
	log.Printf("listening on %s://%s", scheme, listener.Addr())
	if *certificate == "" {
		must(server.Serve(listener))
	}
	server.TLSConfig = tlsConfig(*certificate, *key, *clientCA, *require)
	must(server.ServeTLS(listener, "", ""))
}
