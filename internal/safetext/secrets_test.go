package safetext

import (
	"strings"
	"testing"
)

const (
	b4  = "****"
	b8  = "********"
	b16 = "****************"

	// Made up here: {"alg":"HS256","typ":"JWT"}, a payload, a signature.
	someJWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6YTpiIn0.AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-abcd"
	a36     = "abcdefghijklmnopqrstuvwxyz0123456789"
)

var masked = []struct{ name, in, want string }{
	// Names.
	{"long option, equals", "app --password=hunter2 -v", "app --password=" + b4 + " -v"},
	{"long option, blank", "app --password hunter22 -v", "app --password " + b8 + " -v"},
	{"Go option", "app -token=abcdefgh x", "app -token=" + b8 + " x"},
	{"NUL between arguments", "app\x00--token\x00abcd\x00x", "app\x00--token\x00" + b4 + "\x00x"},
	{"environment", "HOME=/root AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY PATH=/bin", "HOME=/root AWS_SECRET_ACCESS_KEY=" + b16 + " PATH=/bin"},
	{"variable, part of a word", "PGPASSWORD=x psql", "PGPASSWORD=" + b4 + " psql"},
	{"variable with a last word", "DB_PASSWORD_PROD=sesame1234", "DB_PASSWORD_PROD=" + b8},
	{"variable with a number", "API_TOKEN2=abc", "API_TOKEN2=" + b4},
	{"pwd after an underscore", "MYSQL_PWD=abc mysql", "MYSQL_PWD=" + b4 + " mysql"},
	{"connection string", "Server=db;Uid=sa;Pwd=s3cr3t;Database=x", "Server=db;Uid=sa;Pwd=" + b4 + ";Database=x"},
	{"connection string, password", "Server=db;Password=s3cr3t!;Initial Catalog=x", "Server=db;Password=" + b4 + ";Initial Catalog=x"},
	{"Rails", "SECRET_KEY_BASE=0123456789abcdef0123", "SECRET_KEY_BASE=" + b16},
	{"pass as a word", "DB_PASS=abc --pass def", "DB_PASS=" + b4 + " --pass " + b4},
	{"openssl", "openssl rsa -passin pass:abc -in k", "openssl rsa -passin pass:" + b4 + " -in k"},
	{"keytool", "keytool -list -storepass changeit -keystore k", "keytool -list -storepass " + b8 + " -keystore k"},
	{"JSON", `{"password":"hunter2","user":"bob"}`, `{"password":"` + b4 + `","user":"bob"}`},
	{"JSON with blanks", `{"clientSecret" : "abc def ghi"}`, `{"clientSecret" : "` + b8 + `"}`},
	{"JSON with an escaped quote", `{"token":"ab\"cdefghijklmnop","x":1}`, `{"token":"` + b16 + `","x":1}`},
	{"JSON in JSON", `{"log":"{\"token\":\"abcd\",\"x\":1}"}`, `{"log":"{\"token\":\"` + b4 + `\",\"x\":1}"}`},
	{"YAML", "user: bob\npassword: hunter2\nhost: x", "user: bob\npassword: " + b4 + "\nhost: x"},
	{"INI", "password = hunter2\n", "password = " + b4 + "\n"},
	{"PHP", `['password'] => 'hunter2';`, `['password'] => '` + b4 + `';`},
	{"form", "user=bob&password=a%20b&go=1", "user=bob&password=" + b4 + "&go=1"},
	{"ampersand in a password", "DB_PASSWORD=ab&cd x", "DB_PASSWORD=" + b4 + " x"},
	{"quotes on a command line", `sh -c "mysql --password='a b c' x"`, `sh -c "mysql --password='` + b4 + `' x"`},
	{"quote ends the command", `sh -c "login --password=abc" && x`, `sh -c "login --password=` + b4 + `" && x`},
	{"blank inside dollar", "--password=$ecr!t", "--password=" + b4},
	{"kubeadm", "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification", "kubeadm join 10.0.0.1:6443 --token " + b16 + " --discovery-token-unsafe-skip-ca-verification"},
	{"kubectl literal", "kubectl create secret generic x --from-literal=db=abc --from-literal pin=12345678", "kubectl create secret generic x --from-literal=db=" + b4 + " --from-literal pin=" + b8},
	{"aws configure", "aws configure set aws_secret_access_key abcdefgh --profile p", "aws configure set aws_secret_access_key " + b8 + " --profile p"},
	{"SQL", "CREATE USER u IDENTIFIED BY 'abc def'", "CREATE USER u IDENTIFIED BY '" + b4 + "'"},
	{"Azure account key", "AccountName=a;AccountKey=abcdefghijklmnop==;EndpointSuffix=x", "AccountName=a;AccountKey=" + b16 + ";EndpointSuffix=x"},
	{"Azure signature", "https://a.blob.core.windows.net/c?sv=1&sig=abcdefghijklmnop%3D&se=2", "https://a.blob.core.windows.net/c?sv=1&sig=" + b16 + "&se=2"},
	{"presigned", "https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature=0123456789abcdef0", "https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature=" + b16},

	// Headers and URLs.
	{"bearer header", "curl -H 'Authorization: Bearer abc.def' https://x", "curl -H 'Authorization: Bearer " + b4 + "' https://x"},
	{"header without quotes", "curl -H Authorization: Basic dXNlcjpwYXNz https://x", "curl -H Authorization: Basic " + b8 + " https://x"},
	{"header without scheme", "Authorization: abcdefgh\r\nHost: x", "Authorization: " + b8 + "\r\nHost: x"},
	{"header in JSON", `{"Authorization":"token abcdefgh"}`, `{"Authorization":"token ` + b8 + `"}`},
	{"signed request", "Authorization: AWS4-HMAC-SHA256 Credential=A/b, SignedHeaders=host, Signature=0f\r\nHost: x", "Authorization: AWS4-HMAC-SHA256 " + b16 + "\r\nHost: x"},
	{"bearer alone", "auth with bearer " + a36, "auth with bearer " + b16},
	{"api key header", "X-Api-Key: abcdefgh", "X-Api-Key: " + b8},
	{"gitlab header", "PRIVATE-TOKEN: abcdefgh", "PRIVATE-TOKEN: " + b8},
	{"cookie", "Cookie: sid=abc; theme=dark\r\nHost: x", "Cookie: " + b16 + "\r\nHost: x"},
	{"set-cookie", "Set-Cookie: sid=abc; HttpOnly\n", "Set-Cookie: " + b16 + "\n"},
	{"URL password", "git clone https://bob:hunter2@github.com/x", "git clone https://bob:" + b4 + "@github.com/x"},
	{"URL password with an at sign", "redis://:p@ss@h:6379/0", "redis://:" + b4 + "@h:6379/0"},
	{"slack webhook", "https://hooks.slack.com/services/T000/B000/abcdefghijkl", "https://hooks.slack.com/services/" + b16},
	{"telegram", "https://api.telegram.org/bot123456:ABC-DEF1234ghIkl-zyx57W2v/sendMessage", "https://api.telegram.org/bot" + b16 + "/sendMessage"},

	// Tokens.
	{"github", "git push x ghp_" + a36 + " y", "git push x ghp_" + b16 + " y"},
	{"github, fine-grained", "github_pat_11ABCDEFG0abcdefghijkl_mn", "github_pat_" + b16},
	{"gitlab", "glpat-abcdefghij0123456789", "glpat-" + b16},
	{"slack", "xoxb-123456789012-abcdefGHIJ", "xoxb-" + b16},
	{"aws", "aws s3 ls AKIAIOSFODNN7EXAMPLE", "aws s3 ls AKIA" + b16},
	{"google", "key=AIza" + a36[:35], "key=AIza" + b16},
	{"vault", "hvs.CAESIabcdefghijklmnopqrstuvwx", "hvs." + b16},
	{"npm", "//registry/:_x npm_" + a36, "//registry/:_x npm_" + b16},
	{"stripe", "sk_live_abcdefghijklmnopqrstuvwx", "sk_live_" + b16},
	{"jwt", "x " + someJWT + " y", "x eyJ" + b16 + " y"},
	{"jwt cut in its payload", someJWT[:60], "eyJ" + b16},
	{"jwt cut in its header", someJWT[:30], "eyJ" + b16},
	{"service account token read", "\x00" + someJWT, "\x00eyJ" + b16},
	{"shadow", "root:$6$saltsalt$" + a36 + ":19000:0", "root:$6$" + b16 + ":19000:0"},
	{"pem", "-----BEGIN RSA PRIVATE KEY-----\nMIIEabcdefghijklmnop\nqrst\n-----END RSA PRIVATE KEY-----\n", "-----BEGIN RSA PRIVATE KEY-----\n" + b16 + "\n-----END RSA PRIVATE KEY-----\n"},
	{"pem on one line", `"-----BEGIN PRIVATE KEY-----\nMIIEabcdefghijklmnop\n-----END PRIVATE KEY-----\n"`, `"-----BEGIN PRIVATE KEY-----\n` + b16 + `\n-----END PRIVATE KEY-----\n"`},
	{"pem cut", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA", "-----BEGIN OPENSSH PRIVATE KEY-----\n" + b16},
	{"pem as a value", "secret=-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIabcdefghijk\n-----END EC PRIVATE KEY-----", "secret=" + b8 + " EC PRIVATE KEY-----\n" + b16 + "\n-----END EC PRIVATE KEY-----"},

	// Tools.
	{"mysql", "mysql -uroot -phunter2 db", "mysql -uroot -p" + b4 + " db"},
	{"mysqldump by path", "/usr/bin/mysqldump -p's3 cr3t!' db", "/usr/bin/mysqldump -p'" + b8 + "' db"},
	{"sshpass joined", "sshpass -phunter2 ssh h", "sshpass -p" + b4 + " ssh h"},
	{"sshpass apart", "sshpass -p hunter2 ssh h", "sshpass -p " + b4 + " ssh h"},
	{"curl", "curl -u bob:hunter2 https://x", "curl -u bob:" + b4 + " https://x"},
	{"curl cluster", "curl -sku bob:hunter2 https://x", "curl -sku bob:" + b4 + " https://x"},
	{"curl long", "curl --user=bob:hunter2 https://x", "curl --user=bob:" + b4 + " https://x"},
	{"curl in a shell", `bash -c "curl -u bob:hunter2 x"`, `bash -c "curl -u bob:` + b4 + ` x"`},
	{"redis", "redis-cli -h x -a hunter2 ping", "redis-cli -h x -a " + b4 + " ping"},
	{"ldap", "ldapsearch -x -D cn=a -w hunter2 -b dc=x", "ldapsearch -x -D cn=a -w " + b4 + " -b dc=x"},
	{"smb", "smbclient //h/s -U bob%hunter2", "smbclient //h/s -U bob%" + b4},
	{"docker login", "docker login -u bob -p hunter2 r.io", "docker login -u bob -p " + b4 + " r.io"},
	{"7z", "7z a -phunter2 x.7z f", "7z a -p" + b4 + " x.7z f"},
	{"second command of a line", "cd /tmp; mysql -phunter2", "cd /tmp; mysql -p" + b4},
	{"several", "mysql -pabc; curl -u a:b x; TOKEN=c", "mysql -p" + b4 + "; curl -u a:" + b4 + " x; TOKEN=" + b4},
}

// Look-alikes of the above, which must stay as they are.
var unmasked = []struct{ name, in string }{
	{"nothing", "/usr/sbin/sshd -D -o AuthorizedKeysFile=none"},
	{"file option", "--password-file=/run/secrets/db --token-file x"},
	{"file variable", "POSTGRES_PASSWORD_FILE=/run/secrets/pg"},
	{"camel case file", "passwordFile=/x secretName: web"},
	{"from stdin", "docker login --password-stdin -u bob"},
	{"type and lifetime", "token_type=bearer&expires_in=3600 tokenTTL=60"},
	{"sshd setting", "ssh -o PasswordAuthentication=no h"},
	{"longer words", "tokenizer=bert tokenize=1 secretary=bob passwordless=1"},
	{"plural", "max_tokens=4096"},
	{"bypass", "--bypass x bypass=1 compass=north"},
	{"test summary", "pass: 12 fail: 3"},
	{"shell's folder", "PWD=/root OLDPWD=/tmp sudo: TTY=x ; PWD=/root ; USER=root"},
	{"variable reference", "mysql --password=$DB_PASS --token ${TOKEN}"},
	{"template", "token: {{ .Values.token }}"},
	{"placeholder", "--token <your-token>"},
	{"boolean", "automountServiceAccountToken: false, use_password=true"},
	{"empty value", "PASSWORD= ./run --token"},
	{"option follows", "app --password --verbose"},
	{"pipe follows", "app --password | tee"},
	{"prose", "Failed password for root from 10.0.0.1 port 22"},
	{"colon before a path", "docker run -v my-secret:/run/secret app"},
	{"C++ scope", "token::next"},
	{"kubectl get secret", "kubectl get secret web -n prod"},
	{"docker build secret", "docker build --secret id=npm,src=.npmrc ."},
	{"published port", "docker run -p 8080:80 nginx"},
	{"port of mysql", "mysql -P 3306 -p db"},
	{"mkdir -p", "mkdir -p /var/lib/mysql -m 0755"},
	{"tar -p after another command", "mysql db; tar -pxf x.tar"},
	{"curl without password", "curl -u bob https://x"},
	{"curl -U unlike -u", "curl -sSL https://x:8443/a@b"},
	{"URL with port", "https://host:8443/path?x=a@b"},
	{"URL with user only", "ssh://git@github.com/x"},
	{"prose with bearer", "the bearer of bad news"},
	{"authorization, none", "Authorization: none"},
	{"authorization in prose", "authorization failed for bob"},
	{"base64 that is no JWT", "eyJuYW1lIjoiYm9iIn0.x.y"},
	{"short prefix", "ghp_test xoxb-1 glpat-x hvs.x"},
	{"prefix inside a word", "AKIAIOSFODNN7EXAMPLEX fooAKIAIOSFODNN7EXAMPLE"},
	{"prefix in another case", "akiaiosfodnn7example"},
	{"public key", "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAO\n-----END PUBLIC KEY-----"},
	{"certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"},
	{"masked already", "--password=********"},
	{"SQL without quotes", "identified by the analyst"},
	{"secrets manager", "arn:aws:secretsmanager:eu-west-1:1:secret/x"},
	{"token review", "POST /apis/authentication.k8s.io/v1/tokenreviews"},
	{"service account path", "cat /var/run/secrets/kubernetes.io/serviceaccount/token"},
	{"sig outside a query", "sig=11 SIGSEGV"},
}

func TestRedactMasks(t *testing.T) {
	for _, tt := range masked {
		t.Run(tt.name, func(t *testing.T) {
			if got := Redact(tt.in); got != tt.want {
				t.Errorf("Redact(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestRedactLeaves(t *testing.T) {
	for _, tt := range unmasked {
		t.Run(tt.name, func(t *testing.T) {
			if got := Redact(tt.in); got != tt.in {
				t.Errorf("Redact(%q)\n got %q", tt.in, got)
			}
		})
	}
}

// Every entry of the table must fire on at least one of the forms a secret has.
func TestEverySecretFires(t *testing.T) {
	forms := []string{
		"@=abcdefgh", "x_@=abcdefgh", "?@=abcdefghijklmnop", "@ abcdefgh", "@ 'abcdefgh'", "@=k=abcdefgh",
		"@: Basic abcdefgh", "@ a=b", "@bob:hunter2@h", "@RSA PRIVATE KEY-----\nabc",
		"@" + a36, "@" + strings.ToUpper(a36)[:16], "@" + a36[:35], "@" + strings.Repeat("A0", 32),
		"@" + strings.TrimPrefix(someJWT, "eyJ"),
		"@ -pabc", "@ -p abc", "@ -u a:b", "@ -a abc", "@ -w abc", "@ -U a%b", "@ -P abc", "@ -u a,b", "@ /p:abc",
		"@ -c abc", "@ login -p abc",
	}
	for _, sec := range secrets {
		fires := false
		for _, form := range forms {
			at := strings.Index(form, "@")
			s := strings.Replace(form, "@", sec.word, 1)
			fires = fires || len(sec.find(s, at, at+len(sec.word), nil)) > 0
		}
		if !fires {
			t.Errorf("%q never masks anything", sec.word)
		}
	}
}

// The automaton must find what a plain search finds.
func TestWords(t *testing.T) {
	list := []string{"he", "she", "hers", "his", "://"}
	w := newWords(list)
	for _, s := range []string{"", "uSHErs", "ahishers", "sshe", "hhhers", "x:://y", "heheHE"} {
		want := map[string]int{}
		for _, word := range list {
			for i := range len(s) {
				if len(s)-i >= len(word) && strings.EqualFold(s[i:i+len(word)], word) {
					want[word]++
				}
			}
		}
		for end, state := w.first(s, 0, 0); end != 0; end, state = w.first(s, end, state) {
			for _, n := range w.found[state] {
				want[list[n]]--
				if !strings.EqualFold(s[end-len(list[n]):end], list[n]) {
					t.Errorf("%q is said to end at %d of %q", list[n], end, s)
				}
			}
		}
		for word, left := range want {
			if left != 0 {
				t.Errorf("%q in %q: off by %d", word, s, left)
			}
		}
	}
}
