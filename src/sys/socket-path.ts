// How long the path of a unix socket may be, for whoever makes one. A longer one is cut off, or is there and nobody can come in.
import { SekishoError } from '../base/error.ts'

/** unix(7): sun_path, without the zero that ends it. */
export const SOCKET_PATH_BYTES = 107

/** `socket` lies below the data directory, whose name is what somebody can choose. Throws store.path_too_long. */
export function requireShortSocket(socket: string, dataDirectory: string): void {
  const length = Buffer.byteLength(socket)
  if (length <= SOCKET_PATH_BYTES) return
  throw new SekishoError('store.path_too_long', {
    path: dataDirectory,
    limit: SOCKET_PATH_BYTES - (length - Buffer.byteLength(dataDirectory)),
  })
}
