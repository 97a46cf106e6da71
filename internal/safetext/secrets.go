package safetext

import "slices"

// secrets is the table of what Redact knows. A new way to name a secret is one
// line here and one in secrets_test.go.
var secrets = slices.Concat(
	// Names: NAME=value, --name value, --name=value, "name": "value", name: value.
	each(named,
		"password", "passwd", "passphrase", "passcode", "secret", "token",
		"apikey", "api_key", "api-key", "authkey", "auth_key", "auth-key",
		"accesskey", "access_key", "access-key", "accountkey", "account_key", "account-key",
		"privatekey", "private_key", "private-key", "signingkey", "signing_key", "signing-key",
		"encryptionkey", "encryption_key", "encryption-key", "masterkey", "master_key", "master-key",
		"storepass", "keypass", "requirepass", "masterauth", // keytool, redis-server
		"phpsessid", "jsessionid", "x-amz-signature",
	),
	each(namedPass, "pass"),
	each(namedPwd, "pwd"),
	each(signedURL, "sig"),
	each(configured, "aws_secret_access_key", "aws_session_token"), // aws configure set
	each(literal, "--from-literal"),                                // kubectl create secret
	each(identified, "identified by"),                              // SQL: create user, alter user

	// Headers and URLs.
	[]secret{
		{word: "authorization", find: authorization, wide: true},
		{word: "cookie:", find: cookie, wide: true},
	},
	each(bearer, "bearer "),
	each(userinfo, "://"),
	tokens(wordChars+"/-", 8, 0, "hooks.slack.com/services/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/"),
	tokens(wordChars+":-", 20, 0, "api.telegram.org/bot"),

	// Tokens with a form of their own; the prefix stays.
	tokens(alnum, 36, 0, "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "npm_"),
	tokens(wordChars, 22, 0, "github_pat_"),
	tokens(wordChars+"-", 20, 0, "glpat-", "gldt-", "glrt-", "glcbt-", "dckr_pat_", "sk-ant-", "sk-proj-", "pypi-AgEI", "tskey-auth-"),
	tokens(wordChars+"-", 10, 0, "xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xapp-"),
	tokens(upperDigits, 16, 16, "AKIA", "ASIA"), // AWS: an access key id says whose key
	tokens(wordChars+"-", 35, 35, "AIza"),
	tokens(wordChars+"-", 24, 0, "ya29.", "hvs.", "hvb.", "hvr."),
	tokens(alnum, 24, 0, "sk_live_", "sk_test_", "rk_live_", "rk_test_", "shpat_", "dop_v1_", "hf_"),
	tokens(wordChars+".-", 40, 0, "SG."),
	tokens(alnum+":", 64, 0, "K10"), // k3s: K10 CA-hash :: user : secret
	tokens(upperDigits, 40, 0, "AGE-SECRET-KEY-1"),
	tokens(alnum+"./$", 20, 0, "$1$", "$5$", "$6$", "$y$", "$2a$", "$2b$", "$2y$"), // crypt(5): /etc/shadow
	each(jwt, "eyJ"), // also Kubernetes' service account tokens
	[]secret{{word: "-----BEGIN ", find: pem, wide: true}},

	// Tools that take a password in an option whose name does not tell.
	tools(
		[]string{"mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlshow", "mysqlcheck", "mysqlsh", "mariadb", "mariadb-dump", "mariadb-admin", "mycli", "xtrabackup"},
		option{flag: "-p", joined: true},
	),
	tools([]string{"sshpass"}, option{flag: "-p", joined: true, next: true}),
	tools([]string{"curl"},
		option{flag: "-u", joined: true, next: true, after: ":"}, option{flag: "--user", joined: true, next: true, after: ":"},
		option{flag: "-U", joined: true, next: true, after: ":"}, option{flag: "--proxy-user", joined: true, next: true, after: ":"}),
	tools([]string{"redis-cli"}, option{flag: "-a", next: true}),
	tools([]string{"mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport"}, option{flag: "-p", joined: true, next: true}),
	tools([]string{"ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami", "ldappasswd"}, option{flag: "-w", joined: true, next: true}),
	tools([]string{"smbclient", "rpcclient", "smbget"}, option{flag: "-U", joined: true, next: true, after: "%"}),
	tools([]string{"sqlcmd", "bcp"}, option{flag: "-P", joined: true, next: true}),
	tools([]string{"7z", "7za", "7zr", "7zz"}, option{flag: "-p", joined: true}),
	tools([]string{"zip", "unzip"}, option{flag: "-P", joined: true, next: true}),
	tools([]string{"lftp"}, option{flag: "-u", next: true, after: ","}),
	tools([]string{"xfreerdp"}, option{flag: "/p:", joined: true}),
	tools([]string{"snmpget", "snmpwalk", "snmpset", "snmpbulkwalk"}, option{flag: "-c", next: true}),
	tools([]string{"docker", "podman", "nerdctl", "buildah", "skopeo", "helm", "oras", "az", "oc"},
		option{flag: "-p", joined: true, next: true, verb: "login"}),
)

const (
	upperDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	alnum       = upperDigits + "abcdefghijklmnopqrstuvwxyz"
	wordChars   = alnum + "_"
)

// notSecret has the words which, at the end of a name, say that its value is
// something about the secret: DB_PASSWORD_FILE, token_type, secretName.
var notSecret = setOf(
	"age", "at", "attempts", "audience", "authentication", "changed", "class", "count", "created", "date", "days",
	"dir", "directory", "disabled", "enabled", "endpoint", "env", "expiration", "expires", "expiry", "field", "file",
	"hint", "host", "id", "ids", "in", "interval", "issuer", "len", "length", "limit", "lifetime", "manager", "max",
	"min", "minutes", "mode", "mount", "name", "names", "namespace", "only", "path", "policy", "port", "prompt",
	"provider", "ref", "required", "reset", "review", "rotation", "seconds", "server", "size", "stdin", "store",
	"timeout", "ttl", "type", "updated", "uri", "url", "user", "username", "usage", "validity", "version", "warn",
)

// notValue has what stands in a secret's place without being one.
var notValue = setOf("true", "false", "yes", "no", "on", "off", "null", "nil", "none", "required", "optional", "prohibited")

// schemes has the HTTP authentication schemes that precede the credential
// (IANA's registry, and those of APIs that made their own).
var schemes = setOf("basic", "bearer", "digest", "negotiate", "ntlm", "token", "apikey", "aws4-hmac-sha256",
	"dpop", "hoba", "mutual", "splunk", "elastic", "key", "gnap", "privatetoken", "vapid")

func each(find finder, list ...string) []secret {
	out := make([]secret, len(list))
	for i, word := range list {
		out[i] = secret{word: word, find: find}
	}
	return out
}

func setOf(list ...string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, s := range list {
		set[s] = true
	}
	return set
}
