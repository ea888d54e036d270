/** Classes that break the architecture's rules on purpose, as if they were in {@code flink}. */
@NullMarked
package io.beckon.archfixtures.flink;

import org.jspecify.annotations.NullMarked;
