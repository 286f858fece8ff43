package io.promptmill.udf.model;

import io.promptmill.udf.layers.KvCache;
import io.promptmill.udf.layers.StepBatch;
import io.promptmill.udf.tensor.RowTiles;

/** A loaded model. One step at a time: buffers are reused from step to step. */
public interface Model {

    ModelShape shape();

    /**
     * Computes one step and stores its keys and values.
     *
     * @return logits {@code [batch.logits x vocabulary]} of the rows that need them; valid until the next step
     */
    RowTiles forward(StepBatch batch, KvCache cache);

    /**
     * What the last step's logits are computed of: the residual stream behind the output norm.
     *
     * @return states {@code [batch.outputs x embedding]} of the rows {@code batch.outputRows}; valid until the next step
     */
    RowTiles states();
}
