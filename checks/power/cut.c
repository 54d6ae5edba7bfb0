// A loss of power: what is left of names and bytes becomes the disk, and what no name leads to is gone.
#include "disk.h"
#include <stdlib.h>
#include <string.h>

// Makes the synced names those that are, from a directory downwards, and counts the names of each file.
static void reach(struct node *node, struct node *parent) {
  bool is_directory = S_ISDIR(node->state.st_mode);
  node->state.st_nlink = is_directory ? 2 : node->is_reached ? node->state.st_nlink + 1 : 1;
  if (node->is_reached) return;
  node->is_reached = true;
  node->parent = parent;
  names_free(node->entries);
  node->entries = NULL;
  struct entry **end = &node->entries;
  for (struct entry *entry = node->durable_entries; entry; entry = entry->next) {
    size_t bytes = sizeof *entry + strlen(entry->name) + 1;
    *end = malloc(bytes);
    if (!*end) abort();
    memcpy(*end, entry, bytes);
    (*end)->next = NULL;
    end = &(*end)->next;
    reach(entry->node, node);
  }
}

struct losses disk_cut(enum style style, uint64_t seed) {
  struct losses losses = {0};
  disk.random = seed * 0x9E3779B97F4A7C15ULL + 1;
  if (!disk.random) disk.random = 1;
  for (size_t i = 0; i < disk.nodes_count; i++) {
    if (disk.nodes[i]) {
      disk.nodes[i]->is_reached = false;
      content_cut(disk.nodes[i], style, &losses);
    }
  }
  names_cut(style, &losses);
  reach(node_of(ROOT), node_of(ROOT));
  for (size_t i = 0; i < disk.nodes_count; i++) {
    struct node *node = disk.nodes[i];
    if (!node || node->is_reached) continue;
    losses.files_gone += node->state.st_nlink > 0;
    node_free(node);
  }
  return losses;
}
