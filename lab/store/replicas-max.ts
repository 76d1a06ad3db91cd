/** How many replicas a store of the lab may have: a picture can show no more, nor a small machine run more. */

export const REPLICAS_MAX = 7;
