/** Classes that break the architecture's rules on purpose, as if they were in {@code event}. */
@NullMarked
package io.beckon.archfixtures.event;

import org.jspecify.annotations.NullMarked;
