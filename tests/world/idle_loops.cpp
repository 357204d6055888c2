// No loop of a world has a descriptor to wait for: time is virtual and every network is in memory.
// Asio looks at its descriptors again and again all the same, a million times an hour, and each
// look is a call to the kernel. In the world's program they find nothing, at once.
#include <sys/epoll.h>

extern "C" int epoll_wait(int, epoll_event*, int, int) { return 0; }
