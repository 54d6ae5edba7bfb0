// The disk as a file system that a kernel can mount.
#pragma once
#include "disk.h"

// What a cut can be told to wait for: it comes in the middle of the call, which then fails.
enum call { NO_CALL, WRITE_CALL, FLUSH_CALL, NAME_CALL, ANY_CALL };

struct fuse_session;

struct fuse_session *serve_mount(const char *place);
void serve_unmount(struct fuse_session *session);
void serve_cut(enum style style, uint64_t seed);
void serve_cut_at(enum call call, uint64_t count, enum style style, uint64_t seed);
