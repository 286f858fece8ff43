/**
 * Models on the Hugging Face hub: from a reference to files in a folder, over HTTPS, checked. Knows nothing of Spark, of
 * the cache that the files go to, and of what is in them.
 */
package io.promptmill.udf.hub;
