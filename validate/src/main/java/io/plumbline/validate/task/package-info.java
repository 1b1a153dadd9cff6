/// What the commands do, as library calls: a request is a record of plain data that reads from and writes to JSON, and so is its answer.
/// Nothing here knows of a command line; whoever offers the same work otherwise calls the same methods.
package io.plumbline.validate.task;
