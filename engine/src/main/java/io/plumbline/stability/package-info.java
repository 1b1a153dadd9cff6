/// SGD linearised at a global minimum, in function space: the second-moment operator, the exact threshold η*(B), bounds, growth rates and simulation.
package io.plumbline.stability;
