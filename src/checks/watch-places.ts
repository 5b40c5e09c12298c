// Where sekisho-watch writes: its own directory below the data of the installation, and nothing else.

export interface WatchPlaces {
  readonly directory: string
  /** Rounds of results: watch writes, the gate takes and removes. */
  readonly spool: string
  /** Positions in logs, so that a count goes on where it ended. */
  readonly state: string
  /** What is to be sent: the gate writes and removes, watch reads. */
  readonly outbox: string
  /** The gate asks here for a look now. */
  readonly socket: string
  /** When it was last alive. */
  readonly beat: string
}

/** `directory`: `watch` below the data of the installation. */
export function watchPlacesOf(directory: string): WatchPlaces {
  return {
    directory,
    spool: `${directory}/spool`,
    state: `${directory}/state`,
    outbox: `${directory}/outbox`,
    socket: `${directory}/watch.sock`,
    beat: `${directory}/beat.json`,
  }
}
