"""Writes the trained weights as GGUF. usage: export.py OUT.gguf F32|Q8_0, where tok.json and model.bin lie"""
import json, sys, numpy as np
import gguf_write as g

V, D, L, H, HK, F = 2048, 256, 6, 8, 4, 768
HD = D // H
KD = HK * HD
toks, merges = json.load(open("tok.json"))
P = np.fromfile("model.bin", "<f4")
o = 0


def take(*sh):
    global o
    n = int(np.prod(sh))
    r = P[o : o + n].reshape(sh)
    o += n
    return r


W = {"token_embd.weight": take(V, D)}
for i in range(L):
    b = "blk.%d." % i
    W[b + "attn_norm.weight"] = take(D)
    W[b + "attn_q.weight"] = take(D, D)
    W[b + "attn_k.weight"] = take(KD, D)
    W[b + "attn_v.weight"] = take(KD, D)
    W[b + "attn_output.weight"] = take(D, D)
    W[b + "ffn_norm.weight"] = take(D)
    W[b + "ffn_gate.weight"] = take(F, D)
    W[b + "ffn_up.weight"] = take(F, D)
    W[b + "ffn_down.weight"] = take(D, F)
W["output_norm.weight"] = take(D)
assert o == len(P)
TMPL = "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
kv = {
    "general.architecture": "llama",
    "general.name": "Promptmill demo 5M",
    "general.description": "5.2M-parameter demo model trained on a synthetic corpus of short stories and labelling tasks",
    "general.license": "apache-2.0",
    "llama.context_length": 256,
    "llama.embedding_length": D,
    "llama.block_count": L,
    "llama.feed_forward_length": F,
    "llama.attention.head_count": H,
    "llama.attention.head_count_kv": HK,
    "llama.attention.layer_norm_rms_epsilon": 1e-5,
    "llama.rope.freq_base": 10000.0,
    "llama.rope.dimension_count": HD,
    "llama.vocab_size": V,
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "gpt-2",
    "tokenizer.ggml.tokens": toks,
    "tokenizer.ggml.token_type": [3] * 5 + [1] * (V - 5),
    "tokenizer.ggml.merges": [" ".join(m) for m in merges],
    "tokenizer.ggml.bos_token_id": 0,
    "tokenizer.ggml.eos_token_id": 0,
    "tokenizer.ggml.padding_token_id": 4,
    "tokenizer.ggml.add_bos_token": False,
    "tokenizer.chat_template": TMPL,
}
wt = sys.argv[2]
g.write(sys.argv[1], kv, [(n, a.shape, "F32" if a.ndim == 1 else wt) for n, a in W.items()], lambda n, sh: W[n])
