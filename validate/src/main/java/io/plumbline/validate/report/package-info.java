/// The report of `validate`: results as plain data, and the page, tables and charts that are drawn from them.
package io.plumbline.validate.report;
