/** An agent cannot be reached, refuses, or says what is not in the format: the run has failed, and is tried again. */
export class AgentError extends Error {}
