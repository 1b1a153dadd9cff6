/// plumbline as a folder or an archive that runs on a machine without a JDK.
package io.plumbline.validate.bundle;
