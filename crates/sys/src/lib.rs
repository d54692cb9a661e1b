//! io_uring, epoll, sockets, affinity, memory advice.
