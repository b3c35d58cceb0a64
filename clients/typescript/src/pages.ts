// Lists, item by item.

/** One page, whatever else it says. */
export interface Page<Item> {
  items: Item[];
  next?: string | null;
}

/** Every item of every page; the next page is asked for when the one before is used up. */
export async function* each<Item>(page: (next: string | undefined) => Promise<Page<Item>>): AsyncGenerator<Item, void, undefined> {
  let next: string | undefined;
  do {
    const found = await page(next);
    yield* found.items;
    next = found.next ?? undefined;
  } while (next !== undefined);
}
