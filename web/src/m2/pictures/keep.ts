// Pictures of an unsent form, kept in IndexedDB (localStorage cannot hold them). Where it is refused, nothing is kept.

const NAME = "jindou.m2";
const STORE = "pictures";

export interface KeptPicture {
  key: string;
  blob: Blob;
  id?: number;
  /** When it was sent, ms. */ at?: number;
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = db.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    db.close();
  }
}

export async function keepPictures(form: string, pictures: KeptPicture[]): Promise<void> {
  await within("readwrite", (store): IDBRequest<any> => (pictures.length ? store.put(pictures, form) : store.delete(form))).catch(() => {});
}

export async function keptPictures(form: string): Promise<KeptPicture[]> {
  return (await within<KeptPicture[] | undefined>("readonly", (store) => store.get(form)).catch(() => undefined)) ?? [];
}
