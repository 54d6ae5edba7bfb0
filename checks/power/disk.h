// A disk in memory that keeps apart what was written and what was flushed: files page by page, names change by change.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

enum { PAGE = 4096, SECTOR = 512, ROOT = 1 };

// What fsync of a file does to names. STRICT: nothing, as POSIX has it: only fsync of a directory makes its names durable. JOURNAL: as
// ext4 does, a flush that has a name or a size to commit commits every change of a name, and a cut keeps them up to some point.
enum names { STRICT, JOURNAL };

// What of the unflushed a cut keeps. LOST: nothing. ANY: each sector and each change of a name or not, some sectors torn. PREFIX: up to
// some point of each file, and of the changes. ALMOST: nearly everything.
enum style { LOST, ANY, PREFIX, ALMOST };

// live: as written. durable: as flushed. earlier: as it was between two writes since the flush, or NULL. NULL stands for zeros in the
// others, and a page whose live and durable are the same pointer has nothing to lose.
struct page {
  uint8_t *live, *durable, *earlier;
};

struct entry {
  struct entry *next;
  struct node *node;
  char name[];
};

struct node {
  uint64_t number;
  struct stat state;
  uint64_t durable_size;
  struct page *pages;
  size_t pages_count;
  size_t dirty_from, dirty_to;
  struct entry *entries, *durable_entries;
  struct node *parent;
  bool is_reached;
};

// One change of names that its directories were not synced for: a creation has no from, a removal no to, a rename both and is atomic.
struct change {
  struct change *next;
  struct node *node, *from, *to;
  char *from_name, *to_name;
  bool is_chosen;
};

struct losses {
  uint64_t sectors_pending, sectors_lost, sizes_pending, sizes_lost, names_pending, names_lost, files_gone;
};

struct disk {
  enum names names;
  struct node **nodes;
  size_t nodes_count, nodes_room;
  struct change *changes;
  struct change **changes_end;
  uint64_t random, bytes;
};

extern struct disk disk;

// disk.c
void disk_make(enum names names);
struct node *node_of(uint64_t number);
struct node *node_make(mode_t mode, uid_t uid, gid_t gid);
void node_free(struct node *node);
void touch(struct node *node, bool content);
uint64_t draw(uint64_t below);

// content.c
size_t content_read(struct node *node, uint8_t *to, size_t count, uint64_t offset);
bool content_write(struct node *node, const uint8_t *from, size_t count, uint64_t offset);
void content_resize(struct node *node, uint64_t size);
void content_flush(struct node *node);
void content_cut(struct node *node, enum style style, struct losses *losses);
void content_free(struct node *node);

// names.c
struct node *names_find(struct node *directory, const char *name);
void names_change(struct node *node, struct node *from, const char *from_name, struct node *to, const char *to_name);
void names_sync(struct node *directory);
void names_commit_of(struct node *file);
void names_cut(enum style style, struct losses *losses);
void names_free(struct entry *entries);

// cut.c
struct losses disk_cut(enum style style, uint64_t seed);
