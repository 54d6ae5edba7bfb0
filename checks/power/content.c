// Bytes of files: written, flushed, and what is left of them after a cut. A sector of 512 bytes is the least that is kept or lost; a torn
// one holds old bytes up to somewhere and new ones from there, or the other way round.
#include "disk.h"
#include <stdlib.h>
#include <string.h>

enum { SECTORS = PAGE / SECTOR };
// Most memory the disk takes: beyond it, it is full.
static const uint64_t BYTES_MAX = 1ULL << 30;
static const uint8_t zeros[PAGE];

static const uint8_t *seen(const uint8_t *bytes) { return bytes ? bytes : zeros; }

static uint8_t *copy(const uint8_t *bytes) {
  uint8_t *made = malloc(PAGE);
  if (!made) abort();
  disk.bytes += PAGE;
  return memcpy(made, seen(bytes), PAGE);
}

static void drop(uint8_t *bytes) {
  if (bytes) disk.bytes -= PAGE;
  free(bytes);
}

// Forgets what was written, or what was flushed; what is left is both.
static void settle(struct page *page, uint8_t *kept) {
  if (page->live != kept) drop(page->live);
  if (page->durable != kept && page->durable != page->live) drop(page->durable);
  drop(page->earlier);
  *page = (struct page){kept, kept, NULL};
}

static void make_room(struct node *node, size_t pages) {
  if (pages <= node->pages_count) return;
  node->pages = realloc(node->pages, pages * sizeof *node->pages);
  if (!node->pages) abort();
  memset(node->pages + node->pages_count, 0, (pages - node->pages_count) * sizeof *node->pages);
  node->pages_count = pages;
}

// The page's bytes, to be changed. Of what they were before, one version is remembered beside the flushed one.
static uint8_t *to_change(struct node *node, size_t index) {
  struct page *page = &node->pages[index];
  if (index < node->dirty_from) node->dirty_from = index;
  if (index >= node->dirty_to) node->dirty_to = index + 1;
  if (page->live == page->durable) {
    page->live = copy(page->durable);
  } else if (draw(2) == 0) {
    drop(page->earlier);
    page->earlier = copy(page->live);
    if (!page->live) page->live = copy(NULL);
  } else if (!page->live) {
    page->live = copy(NULL);
  }
  return page->live;
}

size_t content_read(struct node *node, uint8_t *to, size_t count, uint64_t offset) {
  uint64_t size = node->state.st_size;
  if (offset >= size) return 0;
  if (count > size - offset) count = size - offset;
  for (size_t done = 0; done < count;) {
    size_t index = (offset + done) / PAGE, at = (offset + done) % PAGE, part = PAGE - at;
    if (part > count - done) part = count - done;
    memcpy(to + done, seen(index < node->pages_count ? node->pages[index].live : NULL) + at, part);
    done += part;
  }
  return count;
}

bool content_write(struct node *node, const uint8_t *from, size_t count, uint64_t offset) {
  if (disk.bytes + 2 * count > BYTES_MAX) return false;
  make_room(node, (offset + count + PAGE - 1) / PAGE);
  for (size_t done = 0; done < count;) {
    size_t index = (offset + done) / PAGE, at = (offset + done) % PAGE, part = PAGE - at;
    if (part > count - done) part = count - done;
    memcpy(to_change(node, index) + at, from + done, part);
    done += part;
  }
  if (offset + count > (uint64_t)node->state.st_size) node->state.st_size = offset + count;
  touch(node, true);
  return true;
}

void content_resize(struct node *node, uint64_t size) {
  for (size_t index = size / PAGE; index < node->pages_count && size < (uint64_t)node->state.st_size; index++) {
    size_t at = index == size / PAGE ? size % PAGE : 0;
    if (node->pages[index].live) memset(to_change(node, index) + at, 0, PAGE - at);
  }
  node->state.st_size = size;
  touch(node, true);
}

void content_flush(struct node *node) {
  for (size_t index = node->dirty_from; index < node->dirty_to; index++) settle(&node->pages[index], node->pages[index].live);
  node->dirty_from = SIZE_MAX;
  node->dirty_to = 0;
  node->durable_size = node->state.st_size;
}

static bool is_kept(enum style style, bool before_end) {
  switch (style) {
  case LOST: return false;
  case ANY: return draw(2) == 0;
  case PREFIX: return before_end;
  default: return draw(32) != 0;
  }
}

// Puts into the flushed bytes of a sector what the cut keeps of the written ones.
static void cut_sector(uint8_t *into, const struct page *page, size_t at, enum style style, bool before_end, struct losses *losses) {
  const uint8_t *live = seen(page->live) + at;
  if (memcmp(into, live, SECTOR) == 0) return;
  losses->sectors_pending++;
  if (is_kept(style, before_end)) {
    memcpy(into, live, SECTOR);
    return;
  }
  losses->sectors_lost++;
  if (style == LOST) return;
  if (page->earlier && draw(2) == 0) memcpy(into, page->earlier + at, SECTOR);
  if (style != ANY) return;
  size_t torn = draw(SECTOR);
  switch (draw(4)) {
  case 0: memcpy(into, live, torn); break;
  case 1: memcpy(into + torn, live + torn, SECTOR - torn); break;
  }
}

static void cut_size(struct node *node, enum style style, struct losses *losses) {
  uint64_t live = node->state.st_size, flushed = node->durable_size, kept = live;
  if (live != flushed) {
    uint64_t low = live < flushed ? live : flushed, high = live < flushed ? flushed : live;
    kept = style == LOST ? flushed : style == ALMOST ? live : low + draw(high - low + 1);
    losses->sizes_pending++;
    losses->sizes_lost += kept != live;
  }
  node->durable_size = kept;
  node->state.st_size = kept;
}

void content_cut(struct node *node, enum style style, struct losses *losses) {
  size_t dirty = node->dirty_to > node->dirty_from ? node->dirty_to - node->dirty_from : 0;
  size_t end = node->dirty_from + (dirty ? draw(dirty + 1) : 0);
  for (size_t index = node->dirty_from; index < node->dirty_to; index++) {
    struct page *page = &node->pages[index];
    if (page->live == page->durable) continue;
    uint8_t *kept = copy(page->durable);
    for (size_t at = 0; at < PAGE; at += SECTOR) cut_sector(kept + at, page, at, style, index < end, losses);
    settle(page, NULL);
    page->live = page->durable = kept;
  }
  node->dirty_from = SIZE_MAX;
  node->dirty_to = 0;
  cut_size(node, style, losses);
  // What lies behind the end is not there when the file grows again.
  uint64_t size = node->state.st_size;
  for (size_t index = size / PAGE; index < node->pages_count; index++) {
    size_t at = index == size / PAGE ? size % PAGE : 0;
    if (node->pages[index].live) memset(node->pages[index].live + at, 0, PAGE - at);
  }
}

void content_free(struct node *node) {
  for (size_t index = 0; index < node->pages_count; index++) settle(&node->pages[index], NULL);
  free(node->pages);
}
