// The disk and its nodes. Numbers of nodes are kept through a cut and are never used twice.
#include "disk.h"
#include <stdlib.h>

struct disk disk;

static void *checked(void *memory) {
  if (!memory) abort();
  return memory;
}

void disk_make(enum names names) {
  disk.names = names;
  disk.changes_end = &disk.changes;
  disk.random = 1;
  // Number 0 is none.
  disk.nodes_count = ROOT;
  node_make(S_IFDIR | 0755, 0, 0)->state.st_nlink = 2;
  node_of(ROOT)->parent = node_of(ROOT);
}

struct node *node_of(uint64_t number) { return number < disk.nodes_count ? disk.nodes[number] : NULL; }

struct node *node_make(mode_t mode, uid_t uid, gid_t gid) {
  if (disk.nodes_count >= disk.nodes_room) {
    disk.nodes_room = 2 * disk.nodes_room + 64;
    disk.nodes = checked(realloc(disk.nodes, disk.nodes_room * sizeof *disk.nodes));
    for (size_t i = disk.nodes_count; i < disk.nodes_room; i++) disk.nodes[i] = NULL;
  }
  struct node *node = checked(calloc(1, sizeof *node));
  node->number = disk.nodes_count;
  node->state.st_ino = node->number;
  node->state.st_mode = mode;
  node->state.st_uid = uid;
  node->state.st_gid = gid;
  node->state.st_nlink = S_ISDIR(mode) ? 2 : 0;
  node->state.st_blksize = PAGE;
  node->dirty_from = SIZE_MAX;
  touch(node, true);
  return disk.nodes[disk.nodes_count++] = node;
}

void node_free(struct node *node) {
  content_free(node);
  names_free(node->entries);
  names_free(node->durable_entries);
  disk.nodes[node->number] = NULL;
  free(node);
}

void touch(struct node *node, bool content) {
  clock_gettime(CLOCK_REALTIME, &node->state.st_ctim);
  if (content) node->state.st_mtim = node->state.st_ctim;
}

// xorshift64*: a seed decides what a cut loses.
uint64_t draw(uint64_t below) {
  disk.random ^= disk.random >> 12;
  disk.random ^= disk.random << 25;
  disk.random ^= disk.random >> 27;
  return (disk.random * 0x2545F4914F6CDD1DULL >> 16) % below;
}
