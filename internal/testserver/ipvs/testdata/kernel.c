/*
 * The part of the kernel that ipvsadm talks to (linux/ip_vs.h, the socket
 * options of net/netfilter/ipvs/ip_vs_ctl.c), as a library to preload: the table
 * lies in the file $IPVS_TABLE. Netlink is refused, so that the real kernel is
 * never touched. IPv4 only, as the socket options are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/ip_vs.h>

enum { SERVICES = 16, DESTS = 32 };

struct service {
	struct ip_vs_service_user u;
	unsigned int dests;
	struct ip_vs_dest_user d[DESTS];
};

struct table {
	unsigned int services;
	struct service s[SERVICES];
};

static int lock = -1;

static struct table *open_table(void)
{
	const char *path = getenv("IPVS_TABLE");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd < 0 || flock(fd, LOCK_EX) || ftruncate(fd, sizeof(struct table)))
		abort();
	lock = fd;
	struct table *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (t == MAP_FAILED)
		abort();
	return t;
}

static int done(struct table *t, int err)
{
	munmap(t, sizeof(*t));
	close(lock);
	if (!err)
		return 0;
	errno = err;
	return -1;
}

static struct service *find(struct table *t, __u16 protocol, __be32 addr, __be16 port, __u32 fwmark)
{
	for (unsigned int i = 0; i < t->services; i++) {
		struct ip_vs_service_user *u = &t->s[i].u;
		if (fwmark ? u->fwmark == fwmark : !u->fwmark && u->protocol == protocol && u->addr == addr && u->port == port)
			return &t->s[i];
	}
	return NULL;
}

static struct ip_vs_dest_user *dest(struct service *s, const struct ip_vs_dest_user *d)
{
	for (unsigned int i = 0; i < s->dests; i++)
		if (s->d[i].addr == d->addr && s->d[i].port == d->port)
			return &s->d[i];
	return NULL;
}

static int edit_dest(int op, struct service *s, const struct ip_vs_dest_user *d)
{
	struct ip_vs_dest_user *have = dest(s, d);
	if (d->weight < 0 || d->l_threshold > d->u_threshold)
		return ERANGE;
	switch (op) {
	case IP_VS_SO_SET_ADDDEST:
		if (have)
			return EEXIST;
		if (s->dests == DESTS)
			return ENOMEM;
		s->d[s->dests++] = *d;
		return 0;
	case IP_VS_SO_SET_EDITDEST:
		if (!have)
			return ENOENT;
		*have = *d;
		return 0;
	default:
		if (!have)
			return ENOENT;
		*have = s->d[--s->dests];
		return 0;
	}
}

static int set(struct table *t, int op, const void *arg)
{
	const struct ip_vs_service_user *u = arg;
	struct service *s = find(t, u->protocol, u->addr, u->port, u->fwmark);
	switch (op) {
	case IP_VS_SO_SET_ADD:
		if (s)
			return EEXIST;
		if (t->services == SERVICES)
			return ENOMEM;
		s = &t->s[t->services++];
		memset(s, 0, sizeof(*s));
		s->u = *u;
		return 0;
	case IP_VS_SO_SET_ADDDEST:
	case IP_VS_SO_SET_EDITDEST:
	case IP_VS_SO_SET_DELDEST:
		return s ? edit_dest(op, s, (const void *)(u + 1)) : ESRCH;
	case IP_VS_SO_SET_DEL:
		if (!s)
			return ESRCH;
		*s = t->s[--t->services];
		return 0;
	}
	return ENOPROTOOPT;
}

static void describe(struct ip_vs_service_entry *e, const struct service *s)
{
	memset(e, 0, sizeof(*e));
	e->protocol = s->u.protocol;
	e->addr = s->u.addr;
	e->port = s->u.port;
	e->fwmark = s->u.fwmark;
	memcpy(e->sched_name, s->u.sched_name, sizeof(e->sched_name));
	e->flags = s->u.flags;
	e->timeout = s->u.timeout;
	e->netmask = s->u.netmask;
	e->num_dests = s->dests;
}

static void describe_dest(struct ip_vs_dest_entry *e, const struct ip_vs_dest_user *d)
{
	memset(e, 0, sizeof(*e));
	e->addr = d->addr;
	e->port = d->port;
	e->conn_flags = d->conn_flags;
	e->weight = d->weight;
	e->u_threshold = d->u_threshold;
	e->l_threshold = d->l_threshold;
}

static int get(struct table *t, int op, void *arg)
{
	switch (op) {
	case IP_VS_SO_GET_INFO: {
		struct ip_vs_getinfo *i = arg;
		i->version = IP_VS_VERSION_CODE;
		i->size = 4096;
		i->num_services = t->services;
		return 0;
	}
	case IP_VS_SO_GET_SERVICES: {
		struct ip_vs_get_services *g = arg;
		for (unsigned int i = 0; i < g->num_services && i < t->services; i++)
			describe(&g->entrytable[i], &t->s[i]);
		return 0;
	}
	case IP_VS_SO_GET_SERVICE: {
		struct ip_vs_service_entry *e = arg;
		struct service *s = find(t, e->protocol, e->addr, e->port, e->fwmark);
		if (!s)
			return ESRCH;
		describe(e, s);
		return 0;
	}
	case IP_VS_SO_GET_DESTS: {
		struct ip_vs_get_dests *g = arg;
		struct service *s = find(t, g->protocol, g->addr, g->port, g->fwmark);
		if (!s)
			return ESRCH;
		for (unsigned int i = 0; i < g->num_dests && i < s->dests; i++)
			describe_dest(&g->entrytable[i], &s->d[i]);
		return 0;
	}
	}
	return ENOPROTOOPT;
}

int setsockopt(int fd, int level, int op, const void *arg, socklen_t len)
{
	static int (*real)(int, int, int, const void *, socklen_t);
	if (level == IPPROTO_IP && op >= IP_VS_BASE_CTL && op <= IP_VS_SO_SET_MAX) {
		struct table *t = open_table();
		return done(t, set(t, op, arg));
	}
	if (!real)
		real = dlsym(RTLD_NEXT, "setsockopt");
	return real(fd, level, op, arg, len);
}

int getsockopt(int fd, int level, int op, void *arg, socklen_t *len)
{
	static int (*real)(int, int, int, void *, socklen_t *);
	if (level == IPPROTO_IP && op >= IP_VS_BASE_CTL && op <= IP_VS_SO_GET_MAX) {
		struct table *t = open_table();
		return done(t, get(t, op, arg));
	}
	if (!real)
		real = dlsym(RTLD_NEXT, "getsockopt");
	return real(fd, level, op, arg, len);
}

/* A raw socket needs rights; ours is never used. */
int socket(int domain, int type, int protocol)
{
	static int (*real)(int, int, int);
	if (!real)
		real = dlsym(RTLD_NEXT, "socket");
	if (domain == AF_INET && type == SOCK_RAW)
		return real(AF_INET, SOCK_DGRAM, 0);
	return real(domain, type, protocol);
}

int genl_ctrl_resolve(void *sk, const char *name)
{
	(void)sk;
	(void)name;
	return -12; /* NLE_OBJ_NOTFOUND: use the socket options */
}
