//! nn
#[test]
fn t(){ let t=tch::Tensor::randn([64,64,64],tch::kind::FLOAT_CPU); println!("{:?} {}", t.sum(tch::Kind::Float), tch::Cuda::is_available()); }
