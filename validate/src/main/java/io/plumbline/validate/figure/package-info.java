/// The paper's figures: what is computed for each, as plain data, and what is drawn of it.
package io.plumbline.validate.figure;
