/** What a resumable output remembers: finished rows, committed in steps, and the settings that they were computed with. */
package io.promptmill.job.ledger;
