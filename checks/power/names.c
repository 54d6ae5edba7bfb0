// Directories: names as they are, names as they were synced, and the changes between, in the order they were made.
#include "disk.h"
#include <stdlib.h>
#include <string.h>

static struct entry **place_of(struct entry **entries, const char *name) {
  while (*entries && strcmp((*entries)->name, name) != 0) entries = &(*entries)->next;
  return entries;
}

static void take_away(struct entry **entries, const char *name) {
  struct entry **place = place_of(entries, name), *gone = *place;
  if (!gone) return;
  *place = gone->next;
  free(gone);
}

static void put(struct entry **entries, const char *name, struct node *node) {
  struct entry **place = place_of(entries, name);
  if (!*place) {
    *place = calloc(1, sizeof **place + strlen(name) + 1);
    if (!*place) abort();
    strcpy((*place)->name, name);
  }
  (*place)->node = node;
}

struct node *names_find(struct node *directory, const char *name) {
  struct entry *entry = *place_of(&directory->entries, name);
  return entry ? entry->node : NULL;
}

static char *text_of(const char *name) {
  char *made = name ? strdup(name) : NULL;
  if (name && !made) abort();
  return made;
}

void names_change(struct node *node, struct node *from, const char *from_name, struct node *to, const char *to_name) {
  struct change *change = calloc(1, sizeof *change);
  if (!change) abort();
  *change = (struct change){.node = node, .from = from, .to = to, .from_name = text_of(from_name), .to_name = text_of(to_name)};
  *disk.changes_end = change;
  disk.changes_end = &change->next;
  if (from) {
    take_away(&from->entries, from_name);
    touch(from, true);
  }
  if (to) {
    put(&to->entries, to_name, node);
    touch(to, true);
    if (S_ISDIR(node->state.st_mode)) node->parent = to;
  }
}

static bool is_same(const struct node *a, const char *a_name, const struct node *b, const char *b_name) {
  return a && a == b && strcmp(a_name, b_name) == 0;
}

// The later one makes no sense without the earlier one.
static bool rests_on(const struct change *later, const struct change *earlier) {
  return later->node == earlier->node || is_same(later->from, later->from_name, earlier->from, earlier->from_name) ||
    is_same(later->from, later->from_name, earlier->to, earlier->to_name) ||
    is_same(later->to, later->to_name, earlier->from, earlier->from_name) ||
    is_same(later->to, later->to_name, earlier->to, earlier->to_name);
}

// Chooses also what the chosen ones rest on, round after round until a round adds nothing.
static void choose_what_they_rest_on(void) {
  bool more = true;
  while (more) {
    more = false;
    for (struct change *later = disk.changes; later; later = later->next) {
      for (struct change *earlier = disk.changes; later->is_chosen && earlier != later; earlier = earlier->next) {
        if (!earlier->is_chosen && rests_on(later, earlier)) earlier->is_chosen = more = true;
      }
    }
  }
}

static void forget(struct change *change) {
  free(change->from_name);
  free(change->to_name);
  free(change);
}

// Makes the chosen changes durable, and leaves the others.
static void commit_chosen(void) {
  struct change **place = &disk.changes;
  while (*place) {
    struct change *change = *place;
    if (!change->is_chosen) {
      place = &change->next;
      continue;
    }
    if (change->from) take_away(&change->from->durable_entries, change->from_name);
    if (change->to) put(&change->to->durable_entries, change->to_name, change->node);
    *place = change->next;
    forget(change);
  }
  disk.changes_end = place;
}

void names_sync(struct node *directory) {
  for (struct change *change = disk.changes; change; change = change->next) {
    change->is_chosen = disk.names == JOURNAL || change->from == directory || change->to == directory;
  }
  choose_what_they_rest_on();
  commit_chosen();
}

void names_commit_of(struct node *file) {
  bool is_due = file->durable_size != (uint64_t)file->state.st_size;
  for (struct change *change = disk.changes; change; change = change->next) is_due |= change->node == file;
  if (disk.names == JOURNAL && is_due) names_sync(NULL);
}

// A change is kept by lot, and only with everything it rests on.
void names_cut(enum style style, struct losses *losses) {
  size_t count = 0, index = 0;
  for (struct change *change = disk.changes; change; change = change->next) count++;
  bool is_prefix = style == PREFIX || (disk.names == JOURNAL && style != LOST);
  size_t end = count ? draw(count + 1) : 0;
  for (struct change *later = disk.changes; later; later = later->next, index++) {
    later->is_chosen = is_prefix ? index < end : style == LOST ? false : style == ANY ? draw(2) == 0 : draw(32) != 0;
    for (struct change *earlier = disk.changes; earlier != later; earlier = earlier->next) {
      if (!earlier->is_chosen && rests_on(later, earlier)) later->is_chosen = false;
    }
    losses->names_pending++;
    losses->names_lost += !later->is_chosen;
  }
  commit_chosen();
  while (disk.changes) {
    struct change *lost = disk.changes;
    disk.changes = lost->next;
    forget(lost);
  }
  disk.changes_end = &disk.changes;
}

void names_free(struct entry *entries) {
  while (entries) {
    struct entry *next = entries->next;
    free(entries);
    entries = next;
  }
}
