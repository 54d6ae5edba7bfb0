// Calls of the kernel, answered from the disk. One at a time, so that a cut comes between two of them or in the middle of one. After a cut
// every call fails until the disk is mounted again.
#define FUSE_USE_VERSION 35
#include "serve.h"
#include <errno.h>
#include <fuse_lowlevel.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Nobody else changes the disk: what the kernel knows stays true.
static const double known_for = 3600;

static bool is_cut;
static struct {
  enum call call;
  uint64_t count;
  enum style style;
  uint64_t seed;
} armed;

void serve_cut(enum style style, uint64_t seed) {
  if (is_cut) return;
  is_cut = true;
  armed.call = NO_CALL;
  struct losses losses = disk_cut(style, seed);
  printf("cut sectors=%" PRIu64 " lost=%" PRIu64 " sizes=%" PRIu64 " lost=%" PRIu64 " names=%" PRIu64
         " lost=%" PRIu64 " files_gone=%" PRIu64 "\n", losses.sectors_pending, losses.sectors_lost, losses.sizes_pending, losses.sizes_lost, losses.names_pending,
         losses.names_lost, losses.files_gone);
  fflush(stdout);
}

void serve_cut_at(enum call call, uint64_t count, enum style style, uint64_t seed) {
  armed.call = call;
  armed.count = count;
  armed.style = style;
  armed.seed = seed;
}

// True: the power went in the middle of this call.
static bool is_last(enum call call) {
  if (armed.call != call && armed.call != ANY_CALL) return false;
  if (armed.count > 1) {
    armed.count--;
    return false;
  }
  serve_cut(armed.style, armed.seed);
  return true;
}

static void end(fuse_req_t request, enum call call, int error) { fuse_reply_err(request, is_last(call) ? EIO : error); }

static bool is_dead(fuse_req_t request) {
  if (is_cut) fuse_reply_err(request, EIO);
  return is_cut;
}

static void reply_entry(fuse_req_t request, struct node *node, const struct fuse_file_info *opened) {
  struct fuse_entry_param entry = {.ino = node->number, .generation = 1, .attr_timeout = known_for, .entry_timeout = known_for};
  entry.attr = node->state;
  if (opened) fuse_reply_create(request, &entry, opened);
  else fuse_reply_entry(request, &entry);
}

static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
  if (is_dead(request)) return;
  struct node *node = names_find(node_of(parent), name);
  if (node) reply_entry(request, node, NULL);
  else fuse_reply_err(request, ENOENT);
}

static void on_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  (void)file;
  if (is_dead(request)) return;
  struct node *node = node_of(number);
  node->state.st_blocks = (node->state.st_size + SECTOR - 1) / SECTOR;
  fuse_reply_attr(request, &node->state, known_for);
}

static void on_setattr(fuse_req_t request, fuse_ino_t number, struct stat *to, int what, struct fuse_file_info *file) {
  (void)file;
  if (is_dead(request)) return;
  struct node *node = node_of(number);
  if (what & FUSE_SET_ATTR_SIZE) {
    content_resize(node, to->st_size);
    if (is_last(WRITE_CALL)) {
      fuse_reply_err(request, EIO);
      return;
    }
  }
  if (what & FUSE_SET_ATTR_MODE) node->state.st_mode = to->st_mode;
  if (what & FUSE_SET_ATTR_UID) node->state.st_uid = to->st_uid;
  if (what & FUSE_SET_ATTR_GID) node->state.st_gid = to->st_gid;
  if (what & FUSE_SET_ATTR_ATIME) node->state.st_atim = to->st_atim;
  if (what & FUSE_SET_ATTR_MTIME) node->state.st_mtim = to->st_mtim;
  fuse_reply_attr(request, &node->state, known_for);
}

static struct node *make(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode) {
  const struct fuse_ctx *by = fuse_req_ctx(request);
  struct node *node = node_make(mode, by->uid, by->gid);
  names_change(node, NULL, NULL, node_of(parent), name);
  if (S_ISREG(mode)) node->state.st_nlink = 1;
  return node;
}

static void on_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode) {
  if (is_dead(request)) return;
  struct node *node = make(request, parent, name, S_IFDIR | mode);
  if (is_last(NAME_CALL)) fuse_reply_err(request, EIO);
  else reply_entry(request, node, NULL);
}

static void on_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *file) {
  if (is_dead(request)) return;
  struct node *node = make(request, parent, name, S_IFREG | (mode & 07777));
  if (is_last(NAME_CALL)) fuse_reply_err(request, EIO);
  else reply_entry(request, node, file);
}

static void on_link(fuse_req_t request, fuse_ino_t number, fuse_ino_t parent, const char *name) {
  if (is_dead(request)) return;
  struct node *node = node_of(number);
  names_change(node, NULL, NULL, node_of(parent), name);
  node->state.st_nlink++;
  if (is_last(NAME_CALL)) fuse_reply_err(request, EIO);
  else reply_entry(request, node, NULL);
}

static void lose_name(struct node *node) { node->state.st_nlink -= S_ISDIR(node->state.st_mode) ? 2 : 1; }

static void on_unlink(fuse_req_t request, fuse_ino_t parent, const char *name) {
  if (is_dead(request)) return;
  struct node *directory = node_of(parent), *node = names_find(directory, name);
  if (!node || (S_ISDIR(node->state.st_mode) && node->entries)) {
    fuse_reply_err(request, node ? ENOTEMPTY : ENOENT);
    return;
  }
  names_change(node, directory, name, NULL, NULL);
  lose_name(node);
  end(request, NAME_CALL, 0);
}

static void on_rename(fuse_req_t request, fuse_ino_t from, const char *name, fuse_ino_t to, const char *new_name, unsigned flags) {
  if (is_dead(request)) return;
  struct node *node = names_find(node_of(from), name), *replaced = names_find(node_of(to), new_name);
  int error = !node ? ENOENT : flags & ~1U ? EINVAL : replaced && flags ? EEXIST :
    replaced && S_ISDIR(replaced->state.st_mode) && replaced->entries ? ENOTEMPTY : 0;
  if (error) {
    fuse_reply_err(request, error);
    return;
  }
  if (replaced != node) {
    if (replaced) lose_name(replaced);
    names_change(node, node_of(from), name, node_of(to), new_name);
  }
  end(request, NAME_CALL, 0);
}

static void on_open(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  if (is_dead(request)) return;
  if (file->flags & O_TRUNC) content_resize(node_of(number), 0);
  fuse_reply_open(request, file);
}

static void on_read(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file) {
  (void)file;
  if (is_dead(request)) return;
  uint8_t *bytes = malloc(size);
  if (!bytes) abort();
  fuse_reply_buf(request, (char *)bytes, content_read(node_of(number), bytes, size, offset));
  free(bytes);
}

static void on_write(fuse_req_t request, fuse_ino_t number, const char *bytes, size_t size, off_t offset, struct fuse_file_info *file) {
  (void)file;
  if (is_dead(request)) return;
  bool is_done = content_write(node_of(number), (const uint8_t *)bytes, size, offset);
  if (is_last(WRITE_CALL)) fuse_reply_err(request, EIO);
  else if (is_done) fuse_reply_write(request, size);
  else fuse_reply_err(request, ENOSPC);
}

static void on_fallocate(fuse_req_t request, fuse_ino_t number, int mode, off_t offset, off_t length, struct fuse_file_info *file) {
  (void)file;
  if (is_dead(request)) return;
  struct node *node = node_of(number);
  if (mode == 0 && offset + length > node->state.st_size) content_resize(node, offset + length);
  end(request, WRITE_CALL, mode == 0 ? 0 : EOPNOTSUPP);
}

static void on_fsync(fuse_req_t request, fuse_ino_t number, int data_only, struct fuse_file_info *file) {
  (void)data_only, (void)file;
  if (is_dead(request)) return;
  if (is_last(FLUSH_CALL)) {
    fuse_reply_err(request, EIO);
    return;
  }
  struct node *node = node_of(number);
  names_commit_of(node);
  content_flush(node);
  fuse_reply_err(request, 0);
}

static void on_fsyncdir(fuse_req_t request, fuse_ino_t number, int data_only, struct fuse_file_info *file) {
  (void)data_only, (void)file;
  if (is_dead(request)) return;
  if (is_last(FLUSH_CALL)) {
    fuse_reply_err(request, EIO);
    return;
  }
  names_sync(node_of(number));
  fuse_reply_err(request, 0);
}

// Entry 0 is the directory, 1 its parent.
static void on_readdir(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file) {
  (void)file;
  if (is_dead(request)) return;
  struct node *directory = node_of(number);
  char *listed = malloc(size);
  if (!listed) abort();
  size_t used = 0;
  off_t at = 0;
  for (struct entry *entry = directory->entries; at < 2 || entry; at++) {
    struct node *node = at == 0 ? directory : at == 1 ? directory->parent : entry->node;
    const char *name = at == 0 ? "." : at == 1 ? ".." : entry->name;
    if (at >= 2) entry = entry->next;
    if (at < offset) continue;
    size_t bytes = fuse_add_direntry(request, listed + used, size - used, name, &node->state, at + 1);
    if (bytes > size - used) break;
    used += bytes;
  }
  fuse_reply_buf(request, listed, used);
  free(listed);
}

static void on_statfs(fuse_req_t request, fuse_ino_t number) {
  (void)number;
  if (is_dead(request)) return;
  uint64_t all = 1ULL << 20, used = disk.bytes / PAGE;
  struct statvfs state = {.f_bsize = PAGE, .f_frsize = PAGE, .f_blocks = all, .f_bfree = all - used, .f_bavail = all - used,
                          .f_files = all, .f_ffree = all, .f_favail = all, .f_namemax = 255};
  fuse_reply_statfs(request, &state);
}

struct fuse_session *serve_mount(const char *place) {
  static const struct fuse_lowlevel_ops calls = {
    .lookup = on_lookup, .getattr = on_getattr, .setattr = on_setattr, .mkdir = on_mkdir, .create = on_create, .link = on_link,
    .unlink = on_unlink, .rmdir = on_unlink, .rename = on_rename, .open = on_open, .read = on_read, .write = on_write,
    .fallocate = on_fallocate, .fsync = on_fsync, .fsyncdir = on_fsyncdir, .readdir = on_readdir, .statfs = on_statfs};
  char *words[] = {"forgetful", "-o", "fsname=forgetful"};
  struct fuse_args arguments = FUSE_ARGS_INIT(3, words);
  struct fuse_session *session = fuse_session_new(&arguments, &calls, sizeof calls, NULL);
  if (!session || fuse_session_mount(session, place) != 0) return NULL;
  is_cut = false;
  return session;
}

void serve_unmount(struct fuse_session *session) {
  fuse_session_unmount(session);
  fuse_session_destroy(session);
}
