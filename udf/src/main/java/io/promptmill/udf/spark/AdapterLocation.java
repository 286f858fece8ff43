package io.promptmill.udf.spark;

import io.promptmill.udf.engine.Adapter;

/**
 * An adapter on this node.
 *
 * @param scale of what it adds, besides its own
 */
record AdapterLocation(String name, ModelLocation place, double scale) {

    Adapter adapter() {
        return Adapter.of(name, place.path(), scale);
    }
}
