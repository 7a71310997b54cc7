/** Of hub, gateway and worker alike: processes of another version finish what they run and get nothing new. */
export const version = "0.1.0";
