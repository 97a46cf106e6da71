/* What the intruder runs: it greets the intruder's server a few times, and
   sleeps in between. It does nothing else.   updater ADDRESS PORT TIMES */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
	if (argc != 4) {
		return 2;
	}
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};
	inet_pton(AF_INET, argv[1], &to.sin_addr);
	for (int i = atoi(argv[3]); i > 0; i--) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
			static const char greeting[] = "GET /beacon HTTP/1.0\r\n\r\n";
			if (write(fd, greeting, strlen(greeting)) < 0) {
				return 1;
			}
		}
		close(fd);
		sleep(1);
	}
	return 0;
}
