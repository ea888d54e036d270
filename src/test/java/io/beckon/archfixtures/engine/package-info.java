/** Classes that break the architecture's rules on purpose, as if they were in {@code engine}. */
@NullMarked
package io.beckon.archfixtures.engine;

import org.jspecify.annotations.NullMarked;
