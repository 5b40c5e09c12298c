// How a request of Sekisho itself is told from those of others where only a log shows it: nginx writes the referrer into its error log.

/** No address of anybody: the name is reserved. */
export const OWN_REFERRER = 'https://sekisho.invalid/'
/** Of each request that only looks. */
export const OWN_REQUEST = { referer: OWN_REFERRER } as const
